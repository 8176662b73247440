using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>The streaming filter against the obvious one: take the block apart, leave fields out, put it together.</summary>
public sealed class HeaderFilterProperties
{
    private static readonly string[] Names = ["X-Relay-Tag", "X-Relay-Stream", "Idempotency-Key"];
    private static readonly byte[][] LowerNames = [.. Names.Select(name => Encoding.ASCII.GetBytes(name.ToLowerInvariant()))];

    private static readonly string[] Parts =
    [
        "X-Relay-Tag: a\r\n", "x-relay-tag \t: b\r\n", " folded\r\n", "\tX-Relay-Tag: no\r\n", "X-Relay-Tags: x\r\n", "X-Relay\r\n", "X-Relay-",
        "Subject: s\r\n", "\r\n", "\n", "\r", "Idempotency-Key: k\r\n", "I: 1\r\n", ": x\r\n", "no field\r\n", "X-Relay-Tag", "X-RELAY-STREAM:broadcast\r\n",
        "\u00e9: x\r\n", "X-Relay-Stream x: y\r\n", " ", "To: long ", "x", "idempotency-key\r\n",
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(5000);

    private static readonly Arbitrary<(string[] Parts, int[] Pieces)> Contents = (
        from parts in Gen.Elements(Parts).ArrayOf()
        from pieces in Gen.Choose(1, 20).NonEmptyListOf()
        select (parts, pieces.ToArray())).ToArbitrary();

    [Fact]
    public void Every_chunking_leaves_what_the_obvious_way_leaves() => Prop.ForAll(Contents, input =>
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(input.Parts));
        var (kept, removed) = Obvious(content);
        var filter = new HeaderFilter(LowerNames);
        return Run(filter, content, input.Pieces).SequenceEqual(kept) && filter.Removed().Bytes.Span.SequenceEqual(removed);
    }).Check(Many);

    private static (byte[] Kept, byte[] Removed) Obvious(byte[] content)
    {
        var block = HeaderBlock.Parse(content);
        var isOurs = block.Fields.ToLookup(field => Names.Any(name => field.Is(name)));
        return (
            [.. isOurs[false].SelectMany(field => field.Raw.ToArray()), .. content.AsSpan(block.Bytes.Length)],
            [.. isOurs[true].SelectMany(field => field.Raw.ToArray())]);
    }

    private static byte[] Run(HeaderFilter filter, byte[] content, int[] pieces)
    {
        var kept = new List<byte>();
        ReadOnlyMemory<byte> rest = content;
        for (var i = 0; !rest.IsEmpty; i++)
        {
            var piece = rest[..Math.Min(pieces[i % pieces.Length], rest.Length)];
            rest = rest[piece.Length..];
            while (!piece.IsEmpty)
            {
                kept.AddRange(filter.Filter(piece, out var consumed).Span);
                piece = piece[consumed..];
            }
        }

        kept.AddRange(filter.End().Span);
        return [.. kept];
    }
}
