using System.Buffers;
using System.Text;

namespace Relay.Dkim;

/// <summary>Chooses the fields to sign, canonicalises them and writes the h= list (RFC 6376 §5.4, §5.4.1, §5.4.2).</summary>
/// <remarks>
/// The order is that of the table, so the same message always gives the same list. A field is named once per instance, the
/// last instance first. Oversigned fields are named once more: then nobody can add another From, Subject or Content-Type
/// without breaking the signature (RFC 6376 §8.15). The second From ends the list.
/// </remarks>
internal static class SignedHeaders
{
    private static readonly Rule From = new("From", Oversigning.Always);

    private static readonly Rule[] Others =
    [
        new("Subject", Oversigning.Always),
        new("Date", Oversigning.Always),
        new("To", Oversigning.Always),
        new("Cc", Oversigning.Always),
        new("Reply-To", Oversigning.Always),
        new("Message-ID", Oversigning.Always),
        new("In-Reply-To", Oversigning.Always),
        new("References", Oversigning.Always),
        new("MIME-Version", Oversigning.Always),
        new("Content-Type", Oversigning.Always),

        // Mailing lists rightly add their own to a message that has none; RFC 8058 §4 wants ours covered.
        new("List-Unsubscribe", Oversigning.WhenPresent),
        new("List-Unsubscribe-Post", Oversigning.WhenPresent),

        new("Sender", Oversigning.Never),
        new("Content-Transfer-Encoding", Oversigning.Never),
        new("List-Id", Oversigning.Never),
        new("Feedback-ID", Oversigning.Never),

        // RFC 9477 §3.1 wants both covered; a second one could lead complaints away.
        new("CFBL-Address", Oversigning.WhenPresent),
        new("CFBL-Feedback-ID", Oversigning.WhenPresent),
    ];

    private enum Oversigning
    {
        Never,
        WhenPresent,
        Always,
    }

    /// <summary>Writes the canonical fields and, beginning on a new line, <c>h=…;</c>.</summary>
    /// <param name="canonical">Room for the headers and two octets more.</param>
    /// <returns>Canonical octets; 0 when the message has no From field and so cannot be signed.</returns>
    public static int Write(ReadOnlySpan<byte> headers, Span<byte> canonical, ArrayBufferWriter<byte> names)
    {
        var fields = ArrayPool<HeaderFieldSpan>.Shared.Rent(128);
        try
        {
            var count = Scan(headers, ref fields);
            var found = fields.AsSpan(0, count);
            var writer = new FoldedFieldWriter(names);
            writer.StartLine();
            writer.Write("h="u8);
            var written = Add(From, headers, found, canonical, ref writer, out var instances);
            if (instances == 0)
            {
                return 0;
            }

            foreach (var rule in Others)
            {
                written += Add(rule, headers, found, canonical[written..], ref writer, out instances);
                if (rule.Oversigning == Oversigning.Always || (rule.Oversigning == Oversigning.WhenPresent && instances > 0))
                {
                    writer.Write(rule.Token);
                }
            }

            writer.Write("From;"u8);
            return written;
        }
        finally
        {
            ArrayPool<HeaderFieldSpan>.Shared.Return(fields);
        }
    }

    private static int Add(
        Rule rule, ReadOnlySpan<byte> headers, Span<HeaderFieldSpan> fields, Span<byte> canonical, ref FoldedFieldWriter writer, out int instances)
    {
        var written = 0;
        instances = 0;
        for (var i = fields.Length - 1; i >= 0; i--)
        {
            if (fields[i].NameLength == rule.Name.Length && Ascii.EqualsIgnoreCase(fields[i].NameOf(headers), rule.Name))
            {
                written += HeaderCanonicalizer.WriteRelaxed(fields[i].Of(headers), canonical[written..]);
                writer.Write(rule.Token);
                instances++;
            }
        }

        return written;
    }

    private static int Scan(ReadOnlySpan<byte> headers, ref HeaderFieldSpan[] fields)
    {
        var count = 0;
        var scanner = new HeaderFieldScanner(headers);
        while (scanner.MoveNext(out var field))
        {
            if (count == fields.Length)
            {
                var larger = ArrayPool<HeaderFieldSpan>.Shared.Rent(count * 2);
                fields.CopyTo(larger, 0);
                ArrayPool<HeaderFieldSpan>.Shared.Return(fields);
                fields = larger;
            }

            fields[count++] = field;
        }

        return count;
    }

    private sealed class Rule(string name, Oversigning oversigning)
    {
        public byte[] Name { get; } = Encoding.ASCII.GetBytes(name);

        public byte[] Token { get; } = Encoding.ASCII.GetBytes(name + ":");

        public Oversigning Oversigning { get; } = oversigning;
    }
}
