using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>What a delivery report says to people, in one language. The part for programs is the same in all.</summary>
public sealed partial class ReportTexts
{
    public const int MaxLength = 300;

    private static readonly Dictionary<ReportPhrase, string> InEnglish = new()
    {
        [ReportPhrase.SubjectFailed] = "Undelivered mail",
        [ReportPhrase.SubjectDelayed] = "Delayed mail",
        [ReportPhrase.SubjectDelivered] = "Delivered mail",
        [ReportPhrase.SubjectMixed] = "Delivery report",
        [ReportPhrase.Greeting] = "This is the mail system at {host}.",
        [ReportPhrase.OpeningFailed] = "Your message could not be delivered to the addresses below. They will not be tried again.",
        [ReportPhrase.OpeningDelayed] = "Your message could not be delivered yet to the addresses below. You need not send it again.",
        [ReportPhrase.OpeningDelivered] = "You asked to be told what became of your message.",
        [ReportPhrase.OpeningMixed] = "This is what became of your message for each of the addresses below.",
        [ReportPhrase.About] = "Subject: {subject}",
        [ReportPhrase.Delivered] = "the message was delivered.",
        [ReportPhrase.Relayed] = "the message was handed to the next mail server, which will not report about it.",
        [ReportPhrase.Expanded] = "the message was delivered to a list of addresses.",
        [ReportPhrase.Waiting] = "the message is waiting: {reason}",
        [ReportPhrase.TriedUntil] = "It will be tried until {time}.",
        [ReportPhrase.TriedAgain] = "It will be tried again.",
        [ReportPhrase.NoMailbox] = "there is no such mailbox at that domain. Check how the address is written.",
        [ReportPhrase.NoDomain] = "the domain of the address cannot be reached by mail. Check how it is written.",
        [ReportPhrase.BadAddress] = "the address is not written correctly.",
        [ReportPhrase.Moved] = "the mailbox has moved.",
        [ReportPhrase.NoMail] = "the domain of the address accepts no mail.",
        [ReportPhrase.Inactive] = "the mailbox is not active.",
        [ReportPhrase.Full] = "the mailbox is full; its owner has to make room.",
        [ReportPhrase.TooLarge] = "the message is too large for the recipient. Send less at once, or a link to the files.",
        [ReportPhrase.Unreachable] = "the recipient's mail server could not be reached or was too busy.",
        [ReportPhrase.Loop] = "the message went in circles between mail servers.",
        [ReportPhrase.TooLate] = "the message could not be delivered in time. You may send it again later.",
        [ReportPhrase.Unsupported] = "the recipient's mail server cannot take this kind of message.",
        [ReportPhrase.Rules] = "the recipient's mail server refused the message by its rules.",
        [ReportPhrase.AddressRefused] = "the recipient's mail server did not accept the address.",
        [ReportPhrase.Refused] = "the recipient's mail server did not accept the message.",
        [ReportPhrase.HostSaid] = "{host} said: {reply}",
        [ReportPhrase.ServerSaid] = "The server said: {reply}",
    };

    private readonly IReadOnlyDictionary<ReportPhrase, string> _texts;

    private ReportTexts(string language, IReadOnlyDictionary<ReportPhrase, string> texts)
    {
        Language = language;
        _texts = texts;
    }

    public static ReportTexts English { get; } = new("en", InEnglish);

    /// <summary>Where the texts are from: <c>en</c>, <c>de</c>, or a file.</summary>
    public string Language { get; }

    /// <param name="texts">Each free of <see cref="FaultOf"/>; what is not among them is said in English.</param>
    public static ReportTexts Of(string language, IReadOnlyDictionary<ReportPhrase, string> texts) =>
        new(language, Enum.GetValues<ReportPhrase>().ToDictionary(phrase => phrase, phrase => texts.GetValueOrDefault(phrase) ?? InEnglish[phrase]));

    /// <summary>Why a text cannot stand for a phrase; null when it can. It holds exactly the places in braces that the English one holds.</summary>
    public static string? FaultOf(ReportPhrase phrase, string text)
    {
        if (text.Trim().Length == 0 || text.Length > MaxLength || text.Any(char.IsControl))
        {
            return $"is empty, longer than {MaxLength} characters, or holds control characters";
        }

        var (wanted, there) = (PlacesIn(InEnglish[phrase]), PlacesIn(text));
        return wanted.SetEquals(there) ? null
            : wanted.Except(there).FirstOrDefault() is { } missing ? $"lacks {missing}"
            : $"holds {there.Except(wanted).First()}, which stands for nothing here";
    }

    /// <summary>The text of a phrase, with the values that its places stand for.</summary>
    public string Say(ReportPhrase phrase, params (string Place, string Value)[] values) =>
        // In one pass: what a remote server said is no text with places of ours.
        Place().Replace(_texts[phrase], match => values.FirstOrDefault(value => match.Value == "{" + value.Place + "}").Value ?? match.Value);

    private static HashSet<string> PlacesIn(string text) => [.. Place().Matches(text).Select(match => match.Value)];

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Place();
}
