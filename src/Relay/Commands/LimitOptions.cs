using System.Globalization;
using System.Text.Json;

namespace Relay;

/// <summary>The options that limit accounts, keys and domains.</summary>
internal static class LimitOptions
{
    /// <summary>Of a login or domain, which make no requests.</summary>
    public static readonly IReadOnlyList<OptionSpec> Mail =
    [
        new("emails-per-second", "N", "e-mails per second; 0 for no limit"),
        new("emails-per-hour", "N", "e-mails per hour; 0 for no limit, 'default' as configured"),
        new("emails-per-day", "N", "e-mails per day (UTC); 0 for no limit, 'default' as configured"),
        new("recipients-per-second", "N", "recipients per second; 0 for no limit"),
        new("recipients-per-hour", "N", "recipients per hour; 0 for no limit, 'default' as configured"),
        new("recipients-per-day", "N", "recipients per day (UTC); 0 for no limit, 'default' as configured"),
    ];

    /// <summary>Of an account or API key.</summary>
    public static readonly IReadOnlyList<OptionSpec> All =
        [new("requests-per-second", "N", "API requests per second; 0 for no limit, 'default' as configured"), .. Mail];

    /// <summary>What the admin API takes; an option that is not given is as configured.</summary>
    public static object Read(Invocation invocation) => new
    {
        requestsPerSecond = Number(invocation, "requests-per-second"),
        emailsPerSecond = Number(invocation, "emails-per-second"),
        emailsPerHour = Number(invocation, "emails-per-hour"),
        emailsPerDay = Number(invocation, "emails-per-day"),
        recipientsPerSecond = Number(invocation, "recipients-per-second"),
        recipientsPerHour = Number(invocation, "recipients-per-hour"),
        recipientsPerDay = Number(invocation, "recipients-per-day"),
    };

    /// <summary>The limits that are set on an account, key, login or domain, in the words of the options; empty when none is.</summary>
    public static string Describe(JsonElement owner) => Listed(owner) is { Length: > 0 } set ? " limits: " + set : string.Empty;

    /// <summary>The limits that are set; empty when none is.</summary>
    public static string Listed(JsonElement owner)
    {
        var set = owner.GetProperty("limits").EnumerateObject().Where(limit => limit.Value.ValueKind == JsonValueKind.Number)
            .Select(limit => $"{JsonNamingPolicy.KebabCaseLower.ConvertName(limit.Name)} {limit.Value.GetRawText()}");
        return string.Join(", ", set);
    }

    private static int? Number(Invocation invocation, string option) => invocation.Option(option) switch
    {
        null or "default" => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new UsageException($"--{option} needs a whole number, or 'default'"),
    };
}
