using Relay.Dns;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Forms that all checks share. The domain's owner reads them: servers of this network are not named.</summary>
internal static class AdviceText
{
    private const int MaxShown = 200;

    public static RecordAdvice Unknown<T>(string check, string what, DnsAnswer<T> answer) => new(
        check, AdviceState.Unknown, $"{what}: {(answer.Status == DnsStatus.Timeout ? "the name servers do not answer" : "the name servers answer with a failure")}", null);

    /// <summary>A record that was meant as one; null: what is there is another's, such as a wildcard's.</summary>
    public static string? Attempt(IEnumerable<string> texts, string beginning) => texts.FirstOrDefault(text => text.TrimStart(' ', '"').StartsWith(beginning, StringComparison.OrdinalIgnoreCase));

    /// <summary>What strangers published: short, and without what could break a line.</summary>
    public static string Shown(string text) => RemoteText.Clean(text, MaxShown);
}
