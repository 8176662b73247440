using System.Text.RegularExpressions;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Tests.Unit;

/// <summary>A tracker whose addresses can be read again.</summary>
internal sealed partial class TrackingWorld
{
    public const string Root = "https://track.example.com";

    public TrackingWorld(bool isOpen = true)
    {
        Tokens = new TrackingTokens(KeyRing.Parse(KeyRing.CreateText()));
        Tracker = new LinkTracker(new PlatformOptions { Hostname = "relay.example.com", PublicUrl = isOpen ? new Uri(Root) : null }, Tokens);
    }

    public TrackingTokens Tokens { get; }

    public LinkTracker Tracker { get; }

    public static TrackingTarget Target(bool opens = true, bool clicks = true, string? host = null) => new()
    {
        AccountId = 7,
        MessageId = QueueId.New(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)),
        Recipient = Mailbox.Parse("person@example.net"),
        Choice = new TrackingChoice(opens, clicks),
        Host = host,
    };

    /// <summary>The tracked HTML with targets in brackets instead of tokens, and without what is added.</summary>
    public string Readable(string html, bool opens = false, bool clicks = true) =>
        TrackedLink().Replace(WithoutAdditions(Tracker.Track(html, Target(opens, clicks))), match => $"[{Tokens.Open(match.Groups[1].Value)!.Url}]");

    public static string WithoutAdditions(string html) => Pixel().Replace(HiddenLink().Replace(html, string.Empty), string.Empty);

    [GeneratedRegex(@"https://track\.example\.com/t/([\w-]+)")]
    public static partial Regex TrackedLink();

    [GeneratedRegex("""<a href="https://track\.example\.com/t/[\w-]+" style="display:none" aria-hidden="true" tabindex="-1"></a>""")]
    private static partial Regex HiddenLink();

    [GeneratedRegex("""<img src="https://track\.example\.com/o/[\w-]+\.gif" alt="" width="1" height="1" border="0" role="presentation" aria-hidden="true" style="[^"]+">""")]
    private static partial Regex Pixel();
}
