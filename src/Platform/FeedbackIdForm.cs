namespace Relay.Platform;

/// <summary>The form of Feedback-ID that receivers count complaints by: up to three fields of the sender's choice, and who it is, always the same.</summary>
public static class FeedbackIdForm
{
    private const int MaxFields = 4;
    private const int MinSender = 5;
    private const int MaxSender = 15;
    private const int MaxValue = 60;

    private static readonly string[] Places = ["{campaign}", "{account}", "{stream}", "{domain}"];

    /// <summary>Why it is none; null when it is one.</summary>
    public static string? FaultOf(string form)
    {
        var fields = form.Split(':');
        if (fields.Length > MaxFields)
        {
            return $"has {fields.Length} fields, more than {MaxFields}";
        }

        if (fields[^1] is not { Length: >= MinSender and <= MaxSender } sender || !sender.All(char.IsAsciiLetterOrDigit))
        {
            return $"does not end in {MinSender} to {MaxSender} letters and digits that name the sender";
        }

        var rest = Places.Aggregate(form, (text, place) => text.Replace(place, string.Empty, StringComparison.Ordinal));
        return rest.All(c => char.IsAsciiLetterOrDigit(c) || ":-_.".Contains(c, StringComparison.Ordinal)) ? null : "holds something else than fields of letters, digits, hyphens, dots and places in braces";
    }

    public static string Fill(string form, string? campaign, long account, string stream, string? domain) => form
        .Replace("{campaign}", Clean(campaign), StringComparison.Ordinal)
        .Replace("{account}", account.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{stream}", stream, StringComparison.Ordinal)
        .Replace("{domain}", Clean(domain), StringComparison.Ordinal);

    // A colon in a campaign's name would move the fields behind it.
    private static string Clean(string? text) =>
        text is null ? string.Empty : string.Concat(text.Take(MaxValue).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'));
}
