using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform;

/// <summary>Reads a query string by name: of a name given twice the first counts, and an empty value is as none.</summary>
internal static class QueryReader
{
    public static string? Text(this IQueryCollection query, string name) => query[name] is [{ Length: > 0 } text, ..] ? text : null;

    /// <returns>Null where there is none, or with a fault.</returns>
    public static bool? Flag(this IQueryCollection query, FieldFaults faults, string name)
    {
        switch (query.Text(name))
        {
            case null:
                return null;
            case "true":
                return true;
            case "false":
                return false;
            default:
                faults.Add(name, "must be true or false");
                return null;
        }
    }

    /// <returns>From 1 to <paramref name="largest"/>; <paramref name="absent"/> where there is none, or with a fault.</returns>
    public static int Number(this IQueryCollection query, FieldFaults faults, string name, int absent, int largest)
    {
        if (query.Text(name) is not { } text)
        {
            return absent;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= largest)
        {
            return number;
        }

        faults.Add(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from 1 to {largest}"));
        return absent;
    }
}
