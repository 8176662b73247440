using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>The reader that works in slices against one that looks at the whole text and is obviously right.</summary>
public sealed class DataReaderFuzz
{
    // Mostly the bytes that matter.
    private static readonly Gen<byte[]> Wire =
        from pieces in Gen.Elements("\r\n", "\r\n", "\r\n.", "\r\n.\r\n", "..", ".", "\r", "\n", "x", "yz", "\0", "\r\r\n", "\n.\r\n").ListOf()
        select Encoding.ASCII.GetBytes(string.Concat(pieces));

    [Fact]
    public void Agrees_with_the_reference_however_the_bytes_are_cut()
    {
        var cases =
            from wire in Wire
            from sizes in Gen.Choose(1, 5).NonEmptyListOf()
            select (Wire: wire, Sizes: sizes.ToArray());
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var expected = Reference(c.Wire);
            var (content, fault, consumed, complete) = Read(c.Wire, c.Sizes);
            return complete == expected.Complete
                && fault == expected.Fault
                && (!complete || consumed == expected.Consumed)
                && (!complete || fault != DataFault.None || content.SequenceEqual(expected.Content));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Gives_back_what_was_dotted()
    {
        var cases =
            from lines in Gen.Elements("", ".", "..", ".a", "text", "a.b", "\xe4\xf6", ".\t").ListOf()
            from sizes in Gen.Choose(1, 7).NonEmptyListOf()
            select (Lines: lines.ToArray(), Sizes: sizes.ToArray());
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var content = string.Concat(c.Lines.Select(line => line + "\r\n"));
            var wire = string.Concat(c.Lines.Select(line => (line.StartsWith('.') ? "." : "") + line + "\r\n")) + ".\r\n";
            var read = Read(Encoding.Latin1.GetBytes(wire), c.Sizes);
            return read.Complete && read.Fault == DataFault.None && Encoding.Latin1.GetString(read.Content) == content;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static (byte[] Content, DataFault Fault, int Consumed, bool Complete) Read(byte[] wire, int[] sizes)
    {
        var reader = new DataReader();
        var content = new MemoryStream();
        var at = 0;
        for (var i = 0; at < wire.Length && !reader.IsComplete; i++)
        {
            var piece = wire.AsMemory(at, Math.Min(sizes[i % sizes.Length], wire.Length - at));
            while (!piece.IsEmpty && !reader.IsComplete)
            {
                content.Write(reader.Read(piece, out var consumed).Span);
                piece = piece[consumed..];
                at += consumed;
            }
        }

        return (content.ToArray(), reader.Fault, at, reader.IsComplete);
    }

    private static (byte[] Content, DataFault Fault, int Consumed, bool Complete) Reference(byte[] wire)
    {
        // The CRLF of the DATA command counts as the first line end (RFC 5321 §4.1.1.4).
        var text = "\r\n" + Encoding.Latin1.GetString(wire);
        var end = text.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        var complete = end >= 0;
        var body = complete ? text[..(end + 2)] : text;
        var fault = DataFault.None;
        var seen = complete ? text[..(end + 5)] : text;
        for (var i = 0; i < seen.Length; i++)
        {
            var isLast = i == seen.Length - 1;
            if ((seen[i] == '\r' && !isLast && seen[i + 1] != '\n') || (seen[i] == '\n' && (i == 0 || seen[i - 1] != '\r')))
            {
                fault = DataFault.BareLineEnding;
            }
            else if (seen[i] == '\0' && fault == DataFault.None)
            {
                fault = DataFault.Nul;
            }
        }

        var content = body.Replace("\r\n.", "\r\n", StringComparison.Ordinal)[2..];
        return (Encoding.Latin1.GetBytes(content), fault, complete ? end + 5 - 2 : wire.Length, complete);
    }
}
