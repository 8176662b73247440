using FsCheck;
using FsCheck.Fluent;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class ClientDotStufferTests
{
    private static readonly Arbitrary<byte[]> Content = Gen.Elements(".", ".", "\r\n", "\n", "\r", "a", "bc", "\0")
        .ListOf()
        .Select(static pieces => System.Text.Encoding.ASCII.GetBytes(string.Concat(pieces)))
        .ToArbitrary();

    [Fact]
    public void Undotted_output_equals_the_content_however_it_is_cut()
    {
        var property = Prop.ForAll(Content, Arb.From(Gen.Choose(1, 7)), Arb.From(Gen.Choose(2, 9)), static (content, piece, room) =>
            Undot(Stuff(content, piece, room)) is { } undotted && undotted.SequenceEqual(WithFinalLineEnd(content)));
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    private static byte[] Stuff(byte[] content, int pieceBytes, int roomBytes)
    {
        var dots = new DotStuffer();
        var wire = new List<byte>();
        var room = new byte[roomBytes];
        foreach (var piece in content.Chunk(pieceBytes))
        {
            var taken = 0;
            while (taken < piece.Length)
            {
                taken += dots.Copy(piece.AsSpan(taken), room, out var written);
                wire.AddRange(room.AsSpan(0, written));
            }
        }

        var end = new byte[DotStuffer.MaxEndBytes];
        wire.AddRange(end.AsSpan(0, dots.Finish(end)));
        return [.. wire];
    }

    // The slow reader: octet by octet, lines end at LF. Null when the end comes too early, too late or not at all.
    private static byte[]? Undot(byte[] wire)
    {
        var content = new List<byte>();
        var isLineStart = true;
        for (var i = 0; i < wire.Length; i++)
        {
            if (isLineStart && wire[i] == '.')
            {
                if (wire.AsSpan(i).SequenceEqual(".\r\n"u8))
                {
                    return [.. content];
                }

                i++;
                if (i == wire.Length || wire[i] != '.')
                {
                    return null;
                }
            }

            content.Add(wire[i]);
            isLineStart = wire[i] == '\n';
        }

        return null;
    }

    private static byte[] WithFinalLineEnd(byte[] content) =>
        content.Length == 0 || content.AsSpan().EndsWith("\r\n"u8) ? content : [.. content, (byte)'\r', (byte)'\n'];
}
