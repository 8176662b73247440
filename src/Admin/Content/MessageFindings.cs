using System.Text.RegularExpressions;
using Relay.Delivery;
using Relay.Dkim;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>What receivers would make of a message: its signatures, and what the format and large mailbox providers ask for.</summary>
internal sealed partial class MessageFindings(DkimVerifier verifier, IDkimKeySource keys, IDomainChecker domains, ComplianceOptions compliance)
{
    // Above it the largest provider shows a message cut off.
    private const int ClippedHtmlBytes = 102 * 1024;
    private const int LongSubject = 150;

    private static readonly string[] Programs = [".exe", ".scr", ".js", ".vbs", ".bat", ".cmd", ".msi", ".jar", ".ps1", ".lnk"];

    public async ValueTask<IReadOnlyList<Finding>> FindAsync(QueuedMessage message, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var parts = new MessageParts(MimeReader.Read(bytes));
        var found = new List<Finding>();
        found.AddRange(await SignaturesAsync(bytes, cancellationToken));
        found.AddRange(await SigningAsync(message, cancellationToken));
        found.AddRange(await RulesAsync(message, parts.Root.Header, bytes, cancellationToken));
        found.AddRange(Format(parts.Root.Header, message));
        found.AddRange(Lists(parts.Root.Header, message));
        found.AddRange(Bodies(parts));
        return found;
    }

    private async ValueTask<IEnumerable<Finding>> SignaturesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        HeaderBlock.Parse(bytes, out var bodyStart);
        using var body = new MemoryStream(bytes[bodyStart..].ToArray());
        var results = await verifier.VerifyAsync(bytes[..bodyStart], body, cancellationToken);
        return results.Select(result => new Finding(
            result.Outcome == DkimOutcome.Pass ? FindingLevel.Good : FindingLevel.Warning,
            "dkim",
            result.Outcome == DkimOutcome.Pass
                ? $"The signature of {result.Domain} ({result.Selector}, {result.Algorithm}) is valid."
                : $"A signature of {result.Domain ?? "an unknown domain"} does not verify: {result.Reason}."));
    }

    // Ours are made when the message is sent, so that a captured one does not carry them.
    private async ValueTask<IEnumerable<Finding>> SigningAsync(QueuedMessage message, CancellationToken cancellationToken)
    {
        if (message.FromDomain is not { } text || !DomainName.TryParse(text, out var domain))
        {
            return [new Finding(FindingLevel.Problem, "from", "There is no domain in From: nothing can be signed, and DMARC cannot pass.")];
        }

        var active = await keys.FindActiveAsync(domain, cancellationToken);
        return active.Count == 0
            ? [new Finding(FindingLevel.Warning, "signing", $"Relay has no key that signs for {domain}: 'relay dkim generate {domain}' makes one, 'relay dkim check {domain}' says what one waits for.")]
            : [new Finding(FindingLevel.Good, "signing", $"Relay signs when it sends: {string.Join(", ", active.Select(key => key.RecordName))}.")];
    }

    // The rules of the bulk-sender gate, of this message and of its domain as DNS has it.
    private async ValueTask<IEnumerable<Finding>> RulesAsync(QueuedMessage message, HeaderBlock header, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var found = MessageRules.Judge(message, header, LongestLine(bytes.Span), default, compliance).ToList();
        if (DomainQuestion.Of(message) is { } question)
        {
            found.AddRange((await domains.CheckAsync(question, isFresh: false, cancellationToken)).Findings);
        }

        return found.Select(finding => new Finding(FindingLevel.Problem, finding.Rule.Id, $"{Sentence(finding.Found)} Enforced by {string.Join(", ", finding.Rule.Receivers)}: {finding.Rule.Remedy}.") { Rule = finding.Rule });
    }

    // A name of a domain in front stays as it is.
    private static string Sentence(string clause) =>
        (clause.AsSpan().IndexOf('.') is > 0 and var dot && dot < clause.AsSpan().IndexOf(' ') ? clause : char.ToUpperInvariant(clause[0]) + clause[1..]) + ".";

    private static IEnumerable<Finding> Format(HeaderBlock header, QueuedMessage message)
    {
        if (!header.Contains("To") && !header.Contains("Cc"))
        {
            yield return new Finding(FindingLevel.Note, "recipients", "Neither To nor Cc names a recipient.");
        }

        if (header.Contains("Bcc"))
        {
            yield return new Finding(FindingLevel.Warning, "bcc", "Bcc is in the header: every recipient can read it.");
        }

        var subject = header.Text("Subject");
        if (string.IsNullOrWhiteSpace(subject))
        {
            yield return new Finding(FindingLevel.Warning, "subject", "There is no Subject.");
        }
        else if (subject.Length > LongSubject)
        {
            yield return new Finding(FindingLevel.Note, "subject", $"The Subject is {subject.Length} characters long; about 60 are shown.");
        }

        var returnDomain = message.ReversePath.Mailbox?.DomainText;
        if (returnDomain is not null && message.FromDomain is { } from && !IsRelated(returnDomain, from))
        {
            yield return new Finding(FindingLevel.Note, "alignment", $"The envelope's domain {returnDomain} is not that of From ({from}): DMARC then rests on DKIM alone.");
        }
    }

    private static IEnumerable<Finding> Lists(HeaderBlock header, QueuedMessage message)
    {
        if (header.Contains("List-Unsubscribe") && !MessageRules.OffersOneClick(header))
        {
            return message.Stream == MailStream.Broadcast
                ? []
                : [new Finding(FindingLevel.Warning, "unsubscribe", "List-Unsubscribe is there, but not one-click: an https address and List-Unsubscribe-Post are needed (RFC 8058).")];
        }

        return header.Contains("List-Unsubscribe") ? [new Finding(FindingLevel.Good, "unsubscribe", "One-click unsubscribe is offered.")] : [];
    }

    private static IEnumerable<Finding> Bodies(MessageParts parts)
    {
        if (parts.Html is { } html)
        {
            var text = html.GetText();
            if (parts.Text is null)
            {
                yield return new Finding(FindingLevel.Warning, "alternative", "There is HTML but no plain text: some readers and many filters want both.");
            }

            if (html.GetContent().Length > ClippedHtmlBytes)
            {
                yield return new Finding(FindingLevel.Warning, "size", $"The HTML is {html.GetContent().Length / 1024} KiB; above {ClippedHtmlBytes / 1024} KiB it is shown cut off.");
            }

            if (Script().IsMatch(text))
            {
                yield return new Finding(FindingLevel.Warning, "script", "The HTML has scripts or forms; mail programs remove them, filters dislike them.");
            }

            var remote = RemotePicture().Count(text);
            if (remote > 0)
            {
                yield return new Finding(FindingLevel.Note, "remote", $"{remote} pictures come from elsewhere.");
            }

            if (text.Contains("href=\"http://", StringComparison.OrdinalIgnoreCase))
            {
                yield return new Finding(FindingLevel.Note, "links", "Some links are not encrypted (http://).");
            }
        }

        foreach (var (_, part) in parts.Attachments.Where(a => Programs.Contains(Path.GetExtension(a.Part.FileName ?? string.Empty), StringComparer.OrdinalIgnoreCase)))
        {
            yield return new Finding(FindingLevel.Problem, "program", $"{part.FileName} is a program: nearly every receiver refuses it.");
        }
    }

    private static int LongestLine(ReadOnlySpan<byte> bytes)
    {
        var longest = 0;
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            longest = Math.Max(longest, line.TrimEnd((byte)'\r').Length);
            bytes = end < 0 ? default : bytes[(end + 1)..];
        }

        return longest;
    }

    private static bool IsRelated(string one, string other) =>
        one.Equals(other, StringComparison.OrdinalIgnoreCase)
        || one.EndsWith("." + other, StringComparison.OrdinalIgnoreCase)
        || other.EndsWith("." + one, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("<(script|form|iframe|object)\\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Script();

    [GeneratedRegex("<img[^>]+src\\s*=\\s*[\"']?https?:", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex RemotePicture();
}

internal enum FindingLevel
{
    Good,
    Note,
    Warning,
    Problem,
}

/// <param name="Subject">A stable word for scripts.</param>
internal sealed record Finding(FindingLevel Level, string Subject, string Text)
{
    /// <summary>Of the bulk-sender gate; null for other findings.</summary>
    public ComplianceRule? Rule { get; init; }
}
