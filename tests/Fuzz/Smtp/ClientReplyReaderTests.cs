using FsCheck;
using FsCheck.Fluent;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class ClientReplyReaderTests
{
    private const int MaxLineBytes = 24;
    private const int MaxLines = 4;

    /// <summary>Mostly pieces of replies, so that long runs of valid input occur; now and then any octet.</summary>
    private static readonly Arbitrary<byte[]> Wire = Gen.Frequency(
            (6, Gen.Elements("250 ", "250-", "550 5.1.1 ", "550-5.1.1", "354 go", "\r\n", "\n", "text", "2.0.0 ", "\u00fc", "999")),
            (1, Gen.Choose(0, 255).Select(static octet => ((char)octet).ToString())))
        .ListOf()
        .Select(static pieces => System.Text.Encoding.Latin1.GetBytes(string.Concat(pieces)))
        .ToArbitrary();

    [Fact]
    public void Any_octets_give_the_same_replies_however_they_are_cut()
    {
        var property = Prop.ForAll(Wire, Arb.From(Gen.Choose(1, 9)), static (wire, cut) =>
        {
            var whole = ReadAll(wire, int.MaxValue);
            var pieces = ReadAll(wire, cut);
            return whole.Replies.SequenceEqual(pieces.Replies) && whole.Problem == pieces.Problem;
        });
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Replies_hold_no_control_characters_and_only_codes_that_agree()
    {
        var property = Prop.ForAll(Wire, static wire => ReadAll(wire, 3).Replies.All(static reply =>
            reply.Lines.All(static line => !line.Any(char.IsControl))
            && reply.Lines.Count <= MaxLines
            && (reply.Enhanced is null || reply.Enhanced.Value.Class == reply.Code / 100)));
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    // Feeds the reader as a connection does: what it did not consume is offered again with what comes next.
    private static (List<SmtpReply> Replies, string? Problem) ReadAll(byte[] wire, int cut)
    {
        var reader = new ReplyReader(MaxLineBytes, MaxLines);
        var replies = new List<SmtpReply>();
        var start = 0;
        for (var end = Math.Min(cut, wire.Length); ; end = Math.Min(end + cut, wire.Length))
        {
            while (true)
            {
                var status = reader.Read(wire.AsSpan(start, end - start), out var consumed);
                start += consumed;
                if (status == ReplyStatus.Malformed)
                {
                    return (replies, reader.Problem);
                }

                if (status == ReplyStatus.More)
                {
                    break;
                }

                replies.Add(reader.Reply!);
            }

            if (end == wire.Length)
            {
                return (replies, null);
            }
        }
    }
}
