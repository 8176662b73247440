using System.Buffers.Text;
using System.Text;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TrackingTokensTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 30, 15, 250, TimeSpan.Zero);

    private readonly TrackingTokens _tokens = new(KeyRing.Parse(KeyRing.CreateText()));

    [Theory]
    [InlineData(TokenKind.Open, null)]
    [InlineData(TokenKind.Click, "https://example.com/a?b=c#d")]
    [InlineData(TokenKind.Hidden, null)]
    public void What_is_sealed_comes_back(object kind, string? url)
    {
        var token = Token((TokenKind)kind, url);
        Assert.Equal(token, _tokens.Open(_tokens.Seal(token)));
    }

    [Fact]
    public void The_time_of_the_message_is_known_from_its_id() => Assert.Equal(Now, Token(TokenKind.Open).AcceptedAt);

    [Fact]
    public void The_same_link_of_the_same_copy_has_one_address() =>
        Assert.Equal(_tokens.Seal(Token(TokenKind.Click, "https://example.com/")), _tokens.Seal(Token(TokenKind.Click, "https://example.com/")));

    [Fact]
    public void Nothing_of_recipient_and_target_can_be_read()
    {
        var bytes = Base64Url.DecodeFromChars(_tokens.Seal(Token(TokenKind.Click, "https://example.com/path")));
        var text = Encoding.Latin1.GetString(bytes);
        Assert.DoesNotContain("person", text, StringComparison.Ordinal);
        Assert.DoesNotContain("example", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_single_change_is_noticed()
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var sealedText = _tokens.Seal(Token(TokenKind.Click, "https://example.com/"));
        for (var i = 0; i < sealedText.Length; i++)
        {
            foreach (var digit in Digits.Where(digit => digit != sealedText[i]))
            {
                Assert.Null(_tokens.Open(string.Concat(sealedText.AsSpan(0, i), [digit], sealedText.AsSpan(i + 1))));
            }
        }
    }

    [Fact]
    public void Shorter_and_longer_ones_are_refused()
    {
        var sealedText = _tokens.Seal(Token(TokenKind.Open));
        for (var length = 0; length < sealedText.Length; length++)
        {
            Assert.Null(_tokens.Open(sealedText[..length]));
        }

        Assert.Null(_tokens.Open(sealedText + "AAAA"));
        Assert.Null(_tokens.Open(new string('A', 100_000)));
        Assert.Null(_tokens.Open("not base64 at all"));
    }

    [Fact]
    public void Another_server_cannot_make_them() =>
        Assert.Null(_tokens.Open(new TrackingTokens(KeyRing.Parse(KeyRing.CreateText())).Seal(Token(TokenKind.Open))));

    [Fact]
    public void What_an_older_key_sealed_opens_after_rotation()
    {
        using var folder = new TemporaryFolder();
        var ring = KeyRing.LoadOrCreate(folder.File("keys"));
        var tokens = new TrackingTokens(ring);
        var old = tokens.Seal(Token(TokenKind.Open));
        ring.Rotate();
        Assert.NotEqual(old, tokens.Seal(Token(TokenKind.Open)));
        Assert.NotNull(tokens.Open(old));
        Assert.NotNull(new TrackingTokens(KeyRing.LoadOrCreate(folder.File("keys"))).Open(old));
    }

    internal static TrackingToken Token(TokenKind kind, string? url = null) => new()
    {
        Kind = kind,
        AccountId = 300,
        MessageId = new QueueId(new Guid(QueueId.New(Now).ToBytes().AsSpan(0, 6).ToArray().Concat(new byte[10]).ToArray(), bigEndian: true)),
        Recipient = "person@example.net",
        Url = url,
    };
}
