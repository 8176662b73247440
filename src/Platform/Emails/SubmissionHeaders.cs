using System.Globalization;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>What a submission may ask for in its header block; the HTTP API has the same as fields.</summary>
/// <param name="IdempotencyKey">Kept with the message.</param>
public sealed record SubmissionWishes(
    IReadOnlyList<string> Tags,
    MailStream? Stream,
    DateTimeOffset? NotBefore,
    string? IdempotencyKey,
    DateTimeOffset? ExpiresAt = null,
    MessagePriority Priority = MessagePriority.Normal)
{
    public static readonly SubmissionWishes None = new([], null, null, null);
}

/// <summary>Reads <see cref="SubmissionWishes"/> from the fields that were taken out of a submission (docs/submission-headers.md).</summary>
public static class SubmissionHeaders
{
    public const int MaxTags = 10;
    public const int MaxTagLength = 64;
    public const int MaxKeyLength = 256;

    private const string Tag = "X-Relay-Tag";
    private const string Stream = "X-Relay-Stream";
    private const string Schedule = "X-Relay-Schedule";
    private const string Expires = "X-Relay-Expires";
    private const string Priority = "X-Relay-Priority";
    private const string IdempotencyKey = "Idempotency-Key";

    // With an offset always: a time of no place would be some hours wrong, unnoticed.
    private static readonly string[] IsoForms =
    [
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
    ];

    private static readonly byte[][] Names = ["x-relay-tag"u8.ToArray(), "x-relay-stream"u8.ToArray(), "x-relay-schedule"u8.ToArray(), "x-relay-expires"u8.ToArray(), "x-relay-priority"u8.ToArray(), "idempotency-key"u8.ToArray()];

    /// <param name="forgotten">Further fields that are taken out, unread.</param>
    public static HeaderFilter NewFilter(params byte[][] forgotten) => new(Names, forgotten);

    /// <summary>Is this field a wish, to be taken out before the message is stored?</summary>
    public static bool Holds(HeaderField field) =>
        field.Is(Tag) || field.Is(Stream) || field.Is(Schedule) || field.Is(Expires) || field.Is(Priority) || field.Is(IdempotencyKey);

    /// <param name="refusal">Why the message cannot be taken; null when it can.</param>
    public static SubmissionWishes Read(HeaderFilter filter, DateTimeOffset now, out SmtpReply? refusal)
    {
        if (filter.IsTooLarge)
        {
            refusal = SmtpReply.Of(554, "5.6.0", $"X-Relay: these fields are longer than {HeaderFilter.MaxRemovedBytes} octets");
            return SubmissionWishes.None;
        }

        return Read(filter.Removed(), now, out refusal);
    }

    /// <param name="refusal">Why the message cannot be taken; null when it can.</param>
    public static SubmissionWishes Read(HeaderBlock fields, DateTimeOffset now, out SmtpReply? refusal)
    {
        refusal = null;
        if (fields.Fields.Count == 0)
        {
            return SubmissionWishes.None;
        }

        try
        {
            var schedule = ReadSchedule(fields, now);
            return new SubmissionWishes(
                ReadTags(fields), ReadStream(fields), schedule, ReadKey(fields), ReadExpiry(fields, schedule ?? now), ReadPriority(fields));
        }
        catch (FormatException wrong)
        {
            refusal = SmtpReply.Of(554, "5.6.0", wrong.Message);
            return SubmissionWishes.None;
        }
    }

    private static List<string> ReadTags(HeaderBlock fields)
    {
        var tags = fields.FindAll(Tag)
            .SelectMany(field => field.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return tags.Count > MaxTags ? throw Wrong(Tag, $"there are more than {MaxTags} tags")
            : tags.Exists(tag => tag.Length > MaxTagLength) ? throw Wrong(Tag, $"a tag is longer than {MaxTagLength} characters")
            : tags.Exists(tag => tag.Any(char.IsControl)) ? throw Wrong(Tag, "a tag contains control characters")
            : tags;
    }

    private static MailStream? ReadStream(HeaderBlock fields) => Single(fields, Stream)?.ToLowerInvariant() switch
    {
        null => null,
        "transactional" => MailStream.Transactional,
        "broadcast" => MailStream.Broadcast,
        _ => throw Wrong(Stream, "must be transactional or broadcast"),
    };

    private static DateTimeOffset? ReadSchedule(HeaderBlock fields, DateTimeOffset now)
    {
        if (Single(fields, Schedule) is not { } text)
        {
            return null;
        }

        if (!TryReadTime(text, out var time))
        {
            throw Wrong(Schedule, "must be a time with its offset, such as 2026-11-21T14:00:00Z or Sat, 21 Nov 2026 14:00:00 +0000");
        }

        return time > now.AddYears(1) ? throw Wrong(Schedule, "is more than a year ahead") : time > now ? time : null;
    }

    /// <summary>A time, or how long after acceptance or the scheduled time: <c>4h</c>.</summary>
    private static DateTimeOffset? ReadExpiry(HeaderBlock fields, DateTimeOffset from)
    {
        if (Single(fields, Expires) is not { } text)
        {
            return null;
        }

        if (MessageLife.Parse(text) is { } life)
        {
            return MessageLife.Fault(life) is { } problem ? throw Wrong(Expires, problem) : from + life;
        }

        if (!TryReadTime(text, out var time))
        {
            throw Wrong(Expires, "must be a duration such as 4h, or a time with its offset such as 2026-11-21T14:00:00Z");
        }

        return MessageLife.Fault(time, from) is { } fault ? throw Wrong(Expires, fault) : time;
    }

    private static MessagePriority ReadPriority(HeaderBlock fields) => Single(fields, Priority)?.ToLowerInvariant() switch
    {
        null or "normal" => MessagePriority.Normal,
        "high" => MessagePriority.High,
        "low" => MessagePriority.Low,
        _ => throw Wrong(Priority, "must be high, normal or low"),
    };

    private static bool TryReadTime(string text, out DateTimeOffset time) =>
        char.IsAsciiDigit(text[0]) && text.Contains('T', StringComparison.Ordinal)
            ? DateTimeOffset.TryParseExact(text, IsoForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            : MailDate.TryParse(text, out time);

    private static string? ReadKey(HeaderBlock fields)
    {
        var key = Single(fields, IdempotencyKey);
        return key is { Length: > MaxKeyLength } ? throw Wrong(IdempotencyKey, $"is longer than {MaxKeyLength} characters")
            : key is not null && key.Any(c => c is < '!' or > '~') ? throw Wrong(IdempotencyKey, "must be visible ASCII characters")
            : key;
    }

    private static string? Single(HeaderBlock fields, string name) => fields.Count(name) switch
    {
        0 => null,
        1 => fields.Value(name) is { Length: > 0 } value ? value : throw Wrong(name, "is empty"),
        _ => throw Wrong(name, "stands more than once"),
    };

    private static FormatException Wrong(string field, string problem) => new($"{field}: {problem}");
}
