using System.Text;
using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>Reads reports that are written for people only: qmail, Exim, Lotus, Exchange, and whatever else names addresses and reasons.</summary>
/// <remarks>
/// 1. Fields of RFC 3464 in the text are read as such. 2. Lines that begin with an address start a recipient, and what follows is the
/// reason; else lines that name one by a label; else any address that is neither the sender's nor the mail system's. 3. X-Failed-Recipients
/// says who, where it stands. 4. With nobody named the original message's To is taken.
/// </remarks>
internal sealed class PlainBounceParser
{
    private const int MaxRecipients = 1000;
    private const int MaxReason = 2000;
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly Regex ReportField = new(
        @"^\s*(reporting-mta|final-recipient|original-recipient|action|status|remote-mta|diagnostic-code|last-attempt-date|will-retry-until|original-envelope-id)\s*:", Options);

    private static readonly Regex Label = new(
        @"^[\s*>-]{0,10}((final |original |intended |failed |affected )?recipients?( address(es)?)?|rcpt to|e-?mail( address)?|address|could not be delivered to|(was )?not delivered to|did not reach the following recipients?|undeliverable address(es)?|to)\s{0,4}[:=]", Options);

    private static readonly Regex OtherNames = new(
        @"\((generated|expanded|aliased|originally|forwarded)[^)@]{0,40}|originally addressed|generated from|expanded from|envelope-from|mail from|sender|from:|contact|please (write|send|e?-?mail)|further assistance|reply to", Options);

    // What stands above the recipients that were not reached.
    private static readonly Regex Heading = new(
        @"(following|these|failed|affected|undeliverable) (recipient|address|user|person|destination)|(not|n.t) (be )?(delivered|sent|delivre|distribue) (to|a)\b|did not reach|failed (addresses|recipients)", Options);

    private static readonly Regex Source = new(@"\(?(generated|expanded|aliased|forwarded|redirected|originally addressed)\s+(from|by|to)\b[:\s]*", Options);

    private static readonly string[] SystemNames =
        ["postmaster", "mailer-daemon", "mail-daemon", "abuse", "support", "helpdesk", "noreply", "no-reply", "hostmaster", "webmaster-help", "bounce"];

    private readonly BounceText _text;
    private readonly HeaderBlock _header;
    private readonly HashSet<string> _others = new(StringComparer.OrdinalIgnoreCase);

    private PlainBounceParser(HeaderBlock header, BounceText text)
    {
        _header = header;
        _text = text;
        foreach (var name in new[] { "To", "From", "Delivered-To", "Reply-To" })
        {
            foreach (var address in header.FindAll(name).SelectMany(field => AddressScanner.Find(field.Value)))
            {
                _others.Add(address.Address);
            }
        }
    }

    public static IReadOnlyList<ReceivedRecipientStatus> Read(HeaderBlock header, BounceText text, HeaderBlock original, out ReportSource source)
    {
        var parser = new PlainBounceParser(header, text);
        var fields = parser.FromFields();
        source = fields.Count > 0 ? ReportSource.FieldsInText : ReportSource.Text;
        return fields.Count > 0 ? fields : parser.FromText(original);
    }

    private IReadOnlyList<ReceivedRecipientStatus> FromFields()
    {
        var fields = new StringBuilder();
        var isField = false;
        foreach (var line in _text.Lines)
        {
            // A folded line goes on; a blank one parts groups.
            isField = ReportField.IsMatch(line) || (isField && line.Length > 0 && line[0] is ' ' or '\t');
            if (isField || line.Length == 0)
            {
                fields.Append(isField && ReportField.IsMatch(line) ? line.TrimStart() : line).Append("\r\n");
            }
        }

        var status = DeliveryStatusParser.ReadFields(Encoding.UTF8.GetBytes(fields.ToString()));
        return status.Recipients.Any(recipient => recipient.Mailbox is not null) ? status.Recipients : [];
    }

    private List<ReceivedRecipientStatus> FromText(HeaderBlock original)
    {
        var starts = Starts().ToList();
        var failed = _header.FindAll("X-Failed-Recipients").SelectMany(field => AddressScanner.Find(field.Value)).Select(found => found.Address)
            .Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxRecipients).ToList();
        var recipients = new Dictionary<string, (StringBuilder Reason, string Address)>(StringComparer.OrdinalIgnoreCase);
        foreach (var address in failed)
        {
            recipients[address] = (new StringBuilder(), address);
        }

        for (var i = 0; i < starts.Count; i++)
        {
            var (line, address) = starts[i];
            if (failed.Count > 0 && !recipients.ContainsKey(address))
            {
                continue;
            }

            if (!recipients.TryGetValue(address, out var entry) && recipients.Count < MaxRecipients)
            {
                recipients[address] = entry = (new StringBuilder(), address);
            }

            entry.Reason?.Append(ReasonOf(starts, i, line));
        }

        if (recipients.Count == 0 && SourceIn(_text.All) is { } source)
        {
            recipients[source] = (new StringBuilder(_text.All, 0, Math.Min(_text.All.Length, MaxReason), 0), source);
        }

        if (recipients.Count == 0)
        {
            foreach (var found in original.FindAll("To").SelectMany(field => AddressScanner.Find(field.Value)).Take(1))
            {
                recipients[found.Address] = (new StringBuilder(), found.Address);
            }
        }

        return [.. recipients.Values.Select(entry => new ReceivedRecipientStatus
        {
            FinalRecipient = entry.Address,
            OriginalRecipient = SourceIn(entry.Reason.ToString()) is { } source && !source.Equals(entry.Address, StringComparison.OrdinalIgnoreCase) ? source : null,
            Diagnostic = entry.Reason.Length > 0 ? Squeeze(entry.Reason.ToString()) : null,
        })];
    }

    private string ReasonOf(List<(int Line, string Address)> starts, int index, int line)
    {
        var end = index + 1 < starts.Count ? starts[index + 1].Line : _text.Lines.Count;
        var reason = new StringBuilder();
        for (var i = line; i < end && reason.Length < MaxReason; i++)
        {
            reason.Append(_text.Lines[i]).Append('\n');
        }

        return reason.ToString();
    }

    /// <summary>Where recipients are named, by the most certain way that finds any.</summary>
    private IEnumerable<(int Line, string Address)> Starts()
    {
        var below = new Lazy<HashSet<string>>(() => BelowHeadings(_text.Lines));

        // Who writes to himself is sender and recipient: when nobody else is named, the list of failures names him.
        foreach (var way in new Func<string, string?>[] { line => AtStart(line, IsRecipient), line => below.Value.Contains(line) ? Anywhere(line) : null, ByLabel, Anywhere, line => AtStart(line, IsAddress) })
        {
            var found = _text.Lines.Select((line, i) => (Line: i, Address: way(line))).Where(start => start.Address is not null).ToList();
            if (found.Count > 0)
            {
                return found.Select(start => (start.Line, start.Address!));
            }
        }

        return [];
    }

    /// <summary>The lines that stand in a block below a heading.</summary>
    private static HashSet<string> BelowHeadings(IReadOnlyList<string> lines)
    {
        var below = new HashSet<string>(StringComparer.Ordinal);
        var (isAnnounced, isInBlock) = (false, false);
        foreach (var line in lines)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                isInBlock = false;
                continue;
            }

            isInBlock |= isAnnounced;
            isAnnounced = Heading.IsMatch(line);
            if (isInBlock)
            {
                below.Add(line);
            }
        }

        return below;
    }

    /// <summary>The address that the failed one was made from, which is the one we know; null where none is named.</summary>
    private static string? SourceIn(string reason) =>
        Source.Match(reason) is { Success: true } match && AddressScanner.Find(reason[match.Index..Math.Min(reason.Length, match.Index + match.Length + 320)]).FirstOrDefault() is { Address: { } address }
            && AddrSpecParser.TryParse(address, out _) ? address : null;

    private static string? AtStart(string line, Func<string, bool> isRecipient)
    {
        var text = line.AsSpan().TrimStart(" \t*>-•·");
        if (text.IsEmpty || !line.Contains('@', StringComparison.Ordinal))
        {
            return null;
        }

        var start = line.Length - text.Length;
        foreach (var found in AddressScanner.Find(line))
        {
            // Before the address nothing but brackets or a name; behind it a reason may follow.
            var before = line.AsSpan(start, Math.Max(0, found.Start - start)).Trim();
            return (before.IsEmpty || before is "<" or "\"" or "'" or "[") && isRecipient(found.Address) && IsFree(line, found.End) ? found.Address : null;
        }

        return null;
    }

    // Prose that happens to begin with an address goes on with a word; a list of failures goes on with a mark, a bracket or a reply.
    private static bool IsFree(string line, int end)
    {
        var rest = line.AsSpan(end).TrimStart(">\"'] \t");
        return rest.IsEmpty || rest[0] is ':' or ',' or ';' or '(' or '<' or '.' or '-' or '[' || char.IsDigit(rest[0])
            || rest.StartsWith("on ", StringComparison.OrdinalIgnoreCase) || rest.Contains("error", StringComparison.OrdinalIgnoreCase)
            || rest.Contains("invalid", StringComparison.OrdinalIgnoreCase) || rest.Contains("fail", StringComparison.OrdinalIgnoreCase);
    }

    private string? ByLabel(string line) =>
        line.Contains('@', StringComparison.Ordinal) && Label.IsMatch(line)
            ? AddressScanner.Find(line).Select(found => found.Address).FirstOrDefault(IsRecipient)
            : null;

    private string? Anywhere(string line) =>
        line.Contains('@', StringComparison.Ordinal) && !OtherNames.IsMatch(line)
            ? AddressScanner.Find(line).Select(found => found.Address).FirstOrDefault(IsRecipient)
            : null;

    private bool IsRecipient(string address) => !_others.Contains(address) && IsAddress(address);

    private static bool IsAddress(string address)
    {
        var local = address.AsSpan(0, address.LastIndexOf('@')).ToString().ToLowerInvariant();
        return !SystemNames.Contains(local) && AddrSpecParser.TryParse(address, out _);
    }

    private static string Squeeze(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
