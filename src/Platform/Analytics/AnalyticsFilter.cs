using System.Globalization;
using Microsoft.AspNetCore.Http;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>Reads which counts a request wants; every bad field becomes a fault that names it.</summary>
internal sealed class AnalyticsFilter(IDomainNames domains, PlatformOptions options, TimeProvider time)
{
    /// <summary>Points of a series, over all groups.</summary>
    public const int MaxPoints = 10_000;

    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromDays(30);

    /// <summary>Name of the domain a number stands for; null without number.</summary>
    public async ValueTask<(string? Domain, ApiFault? Fault)> DomainAsync(HttpContext context, string? domainId)
    {
        if (string.IsNullOrEmpty(domainId))
        {
            return (null, null);
        }

        if (!long.TryParse(domainId, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return (null, ApiFault.BadField("domainId", "must be a number"));
        }

        var name = await domains.NameOfAsync(ApiCaller.Of(context).AccountId, id, context.RequestAborted);
        return name is null ? (null, ApiFault.NotFound("there is no such domain")) : (name.Ascii, null);
    }

    public async ValueTask<(CountQuery? Query, ApiFault? Fault)> ReadAsync(HttpContext context, CountFields fields)
    {
        if (Span(fields.Interval, out var span) is { } badInterval)
        {
            return (null, badInterval);
        }

        if (Group(fields.GroupBy, out var group) is { } badGroup)
        {
            return (null, badGroup);
        }

        if (Period(fields, span, out var from, out var to) is { } badPeriod)
        {
            return (null, badPeriod);
        }

        if (Stream(fields.Stream, out var stream) is { } badStream)
        {
            return (null, badStream);
        }

        var (domain, fault) = fields.Domain is null ? await DomainAsync(context, fields.DomainId) : Named(fields);
        return fault is not null ? (null, fault) : (new CountQuery
        {
            AccountId = ApiCaller.Of(context).AccountId,
            Span = span,
            From = from,
            To = to,
            Domain = domain,
            Tag = string.IsNullOrEmpty(fields.Tag) ? null : fields.Tag,
            Stream = stream,
            GroupBy = group,
        }, null);
    }

    /// <summary>Begin of the hour or day.</summary>
    public static DateTimeOffset Begin(DateTimeOffset instant, CountSpan span)
    {
        var length = Length(span).Ticks;
        return new DateTimeOffset(instant.UtcTicks - (instant.UtcTicks % length), TimeSpan.Zero);
    }

    public static TimeSpan Length(CountSpan span) => span == CountSpan.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);

    private ApiFault? Period(CountFields fields, CountSpan span, out DateTimeOffset from, out DateTimeOffset to)
    {
        var now = time.GetUtcNow();
        from = default;
        to = now;
        if (fields.To is not null && !ApiTime.TryRead(fields.To, out to))
        {
            return ApiFault.BadField("to", "must be a date or a time in ISO 8601");
        }

        from = to - (span == CountSpan.Hour ? TimeSpan.FromDays(1) : DefaultPeriod);
        if (fields.From is not null && !ApiTime.TryRead(fields.From, out from))
        {
            return ApiFault.BadField("from", "must be a date or a time in ISO 8601");
        }

        var kept = span == CountSpan.Hour ? AnalyticsUpkeep.HoursKept : options.Aggregates;
        if (from >= to)
        {
            return ApiFault.BadField("from", "must be before 'to'");
        }

        if (from < now - kept - Length(span))
        {
            return ApiFault.BadField("from", string.Create(CultureInfo.InvariantCulture, $"counts by {span.ToString().ToLowerInvariant()} are kept for {kept.TotalDays:0} days"));
        }

        // What has not been yet needs no points.
        to = to > now ? now : to;
        from = Begin(from, span);
        to = Begin(to + Length(span) - TimeSpan.FromTicks(1), span);
        return from < to ? null : ApiFault.BadField("from", "lies in the future");
    }

    private static (string? Domain, ApiFault? Fault) Named(CountFields fields) =>
        fields.DomainId is not null ? (null, ApiFault.BadField("domain", "cannot stand beside domainId"))
        : DomainName.TryParse(fields.Domain, out var name) ? (name.Ascii, null)
        : (null, ApiFault.BadField("domain", "is not a domain name"));

    private static ApiFault? Span(string? text, out CountSpan span)
    {
        span = CountSpan.Day;
        switch (text)
        {
            case null or "" or "day":
                return null;
            case "hour":
                span = CountSpan.Hour;
                return null;
            default:
                return ApiFault.BadField("interval", "must be 'hour' or 'day'");
        }
    }

    private static ApiFault? Group(string? text, out CountGroup group)
    {
        group = text switch
        {
            "domain" => CountGroup.Domain,
            "tag" => CountGroup.Tag,
            "stream" => CountGroup.Stream,
            _ => CountGroup.None,
        };
        return group == CountGroup.None && !string.IsNullOrEmpty(text) ? ApiFault.BadField("groupBy", "must be 'domain', 'tag' or 'stream'") : null;
    }

    private static ApiFault? Stream(string? text, out MailStream? stream)
    {
        stream = text switch
        {
            "transactional" => MailStream.Transactional,
            "broadcast" => MailStream.Broadcast,
            _ => null,
        };
        return stream is null && !string.IsNullOrEmpty(text) ? ApiFault.BadField("stream", "must be 'transactional' or 'broadcast'") : null;
    }
}

/// <summary>Fields of requests for counts, as clients write them.</summary>
internal sealed record CountFields
{
    public string? From { get; init; }

    public string? To { get; init; }

    public string? Interval { get; init; }

    public string? GroupBy { get; init; }

    public string? DomainId { get; init; }

    public string? Domain { get; init; }

    public string? Tag { get; init; }

    public string? Stream { get; init; }
}
