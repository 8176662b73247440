namespace Relay.Delivery;

/// <summary>The TXT record at <c>_mta-sts</c> that announces a policy and its version (RFC 8461 §3.1).</summary>
internal static class MtaStsRecord
{
    private const int MaxIdLength = 32;

    /// <summary>The policy's id; null when there is no record, more than one, or a malformed one.</summary>
    public static string? FindId(IReadOnlyList<string> texts)
    {
        var announced = Announced(texts);
        return announced is [var only] ? ParseId(only) : null;
    }

    /// <summary>Those that are such records; more than one count as none.</summary>
    public static IReadOnlyList<string> Announced(IReadOnlyList<string> texts) => [.. texts.Where(static text => HasVersion(text))];

    private static bool HasVersion(string text)
    {
        var end = text.IndexOf(';', StringComparison.Ordinal);
        return end >= 0 && TrySplit(text.AsSpan(0, end), out var name, out var value) && name == "v" && value == "STSv1";
    }

    private static string? ParseId(string text)
    {
        string? id = null;
        var fields = text.Split(';');
        for (var i = 1; i < fields.Length; i++)
        {
            if (i == fields.Length - 1 && string.IsNullOrWhiteSpace(fields[i]))
            {
                break;
            }

            if (!TrySplit(fields[i], out var name, out var value))
            {
                return null;
            }

            id ??= name == "id" ? value : null;
        }

        return id is { Length: > 0 and <= MaxIdLength } && id.All(char.IsAsciiLetterOrDigit) ? id : null;
    }

    private static bool TrySplit(ReadOnlySpan<char> field, out string name, out string value)
    {
        var equals = field.IndexOf('=');
        name = equals <= 0 ? string.Empty : field[..equals].Trim(" \t").ToString();
        value = equals <= 0 ? string.Empty : field[(equals + 1)..].Trim(" \t").ToString();
        return name.Length > 0 && value.Length > 0;
    }
}
