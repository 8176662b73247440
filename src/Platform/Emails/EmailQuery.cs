using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Emails;

/// <summary>Reads the conditions of a list from the query string.</summary>
internal static class EmailQuery
{
    public static ApiResult<EmailFilter> Read(long accountId, IQueryCollection query)
    {
        var faults = new FieldFaults();
        var filter = new EmailFilter
        {
            AccountId = accountId,
            Page = Number(query, faults, "page", 1, EmailLimits.MaxPage),
            Limit = Number(query, faults, "limit", 50, EmailLimits.MaxPageSize),
            Since = Time(query, faults, "startDate"),
            Until = Time(query, faults, "endDate"),
            DomainIds = Domains(query, faults),
        };
        if (filter.Since > filter.Until)
        {
            faults.Add("endDate", "lies before startDate");
        }

        return faults.First is { } fault ? fault : filter;
    }

    internal static string? Single(IQueryCollection query, FieldFaults faults, string field)
    {
        var values = query[field];
        if (values.Count > 1)
        {
            faults.Add(field, "is given twice");
        }

        return values.Count == 1 ? values[0] : null;
    }

    internal static int Number(IQueryCollection query, FieldFaults faults, string field, int fallback, int max)
    {
        if (Single(query, faults, field) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max)
        {
            return number;
        }

        faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"must be a number from 1 to {max}"));
        return fallback;
    }

    private static DateTimeOffset? Time(IQueryCollection query, FieldFaults faults, string field)
    {
        if (Single(query, faults, field) is not { } text)
        {
            return null;
        }

        // A plus sign that was not encoded arrives as a space.
        if (text.Length <= 64 && ApiJson.TryParseTime(text.Replace(' ', '+'), out var time))
        {
            return time;
        }

        faults.Add(field, "must be a date-time with offset, such as 2030-01-31T12:00:00Z");
        return null;
    }

    private static List<long> Domains(IQueryCollection query, FieldFaults faults)
    {
        var domains = new List<long>();
        var values = query["domainId"];
        if (values.Count > EmailLimits.MaxDomainFilters)
        {
            faults.Add("domainId", string.Create(CultureInfo.InvariantCulture, $"may be given {EmailLimits.MaxDomainFilters} times at most"));
            return domains;
        }

        foreach (var value in values)
        {
            if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                domains.Add(id);
            }
            else
            {
                faults.Add("domainId", "must be a number, the id of a domain");
            }
        }

        return domains;
    }
}
