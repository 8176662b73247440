namespace Relay.Platform.Templates;

/// <summary>A template with the content of one of its versions, usually the current one.</summary>
public sealed record Template
{
    /// <summary>Row number; 0 before it is stored.</summary>
    public long Id { get; init; }

    /// <summary>What clients know it by (UUID version 7).</summary>
    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    /// <summary>Unique in the account.</summary>
    public required string Name { get; init; }

    /// <summary>From 1; every change makes the next one.</summary>
    public required int Version { get; init; }

    public required TemplateContent Content { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When this version was made.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>What is rendered.</summary>
public sealed record TemplateContent
{
    private static readonly IReadOnlyDictionary<string, string?> NoVariables = new Dictionary<string, string?>();

    public string? Subject { get; init; }

    public string? Html { get; init; }

    public string? Text { get; init; }

    /// <summary>Declared variables with what stands for them when a message gives no value; null: nothing does.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; init; } = NoVariables;

    /// <summary>A variable that is printed but has neither value nor default fails the rendering; otherwise it prints as nothing.</summary>
    public bool IsStrict { get; init; }
}

/// <summary>A template in a list, without its bodies.</summary>
public sealed record TemplateSummary(Guid Uid, string Name, string? Subject, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <param name="Total">Templates of the account.</param>
public sealed record TemplatePage(IReadOnlyList<TemplateSummary> Templates, long Total);

/// <summary>An earlier or the current state of a template, without its bodies.</summary>
public sealed record TemplateVersionSummary(int Version, string Name, string? Subject, DateTimeOffset CreatedAt);
