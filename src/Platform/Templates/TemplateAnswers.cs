using System.Globalization;

namespace Relay.Platform.Templates;

internal sealed record TemplateAnswer(
    string Id,
    string Name,
    string? Subject,
    string? Html,
    string? Text,
    IReadOnlyDictionary<string, string?> Variables,
    bool Strict,
    int Version,
    string CreatedAt,
    string UpdatedAt)
{
    public static TemplateAnswer Of(Template template) => new(
        template.Uid.ToString("D"),
        template.Name,
        template.Content.Subject,
        template.Content.Html,
        template.Content.Text,
        template.Content.Variables,
        template.Content.IsStrict,
        template.Version,
        ApiTime.Of(template.CreatedAt),
        ApiTime.Of(template.UpdatedAt));
}

/// <param name="Count">Of all pages.</param>
internal sealed record TemplateListAnswer(IReadOnlyList<TemplateListEntry> Data, long Count);

internal sealed record TemplateListEntry(string Id, string Name, string? Subject, int Version, string CreatedAt, string UpdatedAt)
{
    public static TemplateListEntry Of(TemplateSummary template) => new(
        template.Uid.ToString("D"), template.Name, template.Subject, template.Version, ApiTime.Of(template.CreatedAt), ApiTime.Of(template.UpdatedAt));
}

internal sealed record TemplateVersionsAnswer(IReadOnlyList<TemplateVersionEntry> Data);

internal sealed record TemplateVersionEntry(int Version, string Name, string? Subject, string CreatedAt)
{
    public static TemplateVersionEntry Of(TemplateVersionSummary version) =>
        new(version.Version, version.Name, version.Subject, ApiTime.Of(version.CreatedAt));
}

internal sealed record PreviewAnswer(string? Subject, string? Html, string? Text);

internal sealed record RemovedAnswer(string Id, bool Success);

/// <summary>Times as the API writes them: <c>2026-11-21T14:00:00.000Z</c>.</summary>
file static class ApiTime
{
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
