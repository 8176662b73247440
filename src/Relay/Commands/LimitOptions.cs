using System.Globalization;

namespace Relay;

/// <summary>The options that limit accounts, keys and domains.</summary>
internal static class LimitOptions
{
    public static readonly IReadOnlyList<OptionSpec> Emails =
    [
        new("emails-per-hour", "N", "e-mails per hour; 0 for no limit, 'default' as configured"),
        new("emails-per-day", "N", "e-mails per day (UTC); 0 for no limit, 'default' as configured"),
    ];

    public static readonly IReadOnlyList<OptionSpec> All =
    [
        new("requests-per-second", "N", "API requests per second; 0 for no limit, 'default' as configured"),
        .. Emails,
    ];

    /// <summary>Of a login.</summary>
    public static readonly IReadOnlyList<OptionSpec> Login =
    [
        .. Emails,
        new("emails-per-second", "N", "e-mails per second; 0 for no limit"),
        new("recipients-per-second", "N", "recipients per second; 0 for no limit"),
        new("recipients-per-hour", "N", "recipients per hour; 0 for no limit"),
        new("recipients-per-day", "N", "recipients per day (UTC); 0 for no limit"),
    ];

    /// <summary>Of an API key.</summary>
    public static readonly IReadOnlyList<OptionSpec> Key = [All[0], .. Login];

    /// <summary>What the admin API takes; an option that is not given is as configured.</summary>
    public static object Read(Invocation invocation) => new
    {
        requestsPerSecond = Number(invocation, "requests-per-second"),
        emailsPerHour = Number(invocation, "emails-per-hour"),
        emailsPerDay = Number(invocation, "emails-per-day"),
    };

    /// <summary>The same for a login or key.</summary>
    public static object ReadCredential(Invocation invocation) => new
    {
        requestsPerSecond = Number(invocation, "requests-per-second"),
        emailsPerSecond = Number(invocation, "emails-per-second"),
        emailsPerHour = Number(invocation, "emails-per-hour"),
        emailsPerDay = Number(invocation, "emails-per-day"),
        recipientsPerSecond = Number(invocation, "recipients-per-second"),
        recipientsPerHour = Number(invocation, "recipients-per-hour"),
        recipientsPerDay = Number(invocation, "recipients-per-day"),
    };

    private static int? Number(Invocation invocation, string option) => invocation.Option(option) switch
    {
        null or "default" => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new UsageException($"--{option} needs a whole number, or 'default'"),
    };
}
