using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LinkTokensTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly LinkTokens _tokens;

    public LinkTokensTests() => _tokens = new LinkTokens(KeyRing.Parse(KeyRing.CreateText()), _time);

    [Fact]
    public void Reads_what_it_wrote()
    {
        var token = new LinkToken
        {
            Purpose = LinkPurpose.Unsubscribe,
            AccountId = 300,
            ListId = long.MaxValue,
            MemberId = 5,
            Stream = 1,
            Number = 7,
            Recipient = "größe+a@example.com",
            MessageId = new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds() / 60 * 60) + TimeSpan.FromHours(1),
        };
        var read = _tokens.Read(_tokens.Write(token), LinkPurpose.Unsubscribe)!;
        Assert.Equal(token.MessageId.ToArray(), read.MessageId.ToArray());
        Assert.Equal(token with { MessageId = default }, read with { MessageId = default });

        var small = new LinkToken { Purpose = LinkPurpose.Confirm, AccountId = 1 };
        Assert.Equal(small with { MessageId = default }, _tokens.Read(_tokens.Write(small), LinkPurpose.Confirm)! with { MessageId = default });
    }

    [Fact]
    public void A_token_of_one_purpose_is_none_of_another()
    {
        var text = _tokens.Write(new LinkToken { Purpose = LinkPurpose.Confirm, AccountId = 1 });
        Assert.Null(_tokens.Read(text, LinkPurpose.Unsubscribe));
    }

    [Fact]
    public void Nothing_altered_cut_or_made_elsewhere_is_read()
    {
        var text = _tokens.Write(new LinkToken { Purpose = LinkPurpose.Confirm, AccountId = 1, ListId = 2, MemberId = 3, Recipient = "a@example.com" });
        for (var i = 0; i < text.Length; i++)
        {
            Assert.Null(_tokens.Read(text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..], LinkPurpose.Confirm));
            Assert.Null(_tokens.Read(text[..i], LinkPurpose.Confirm));
        }

        Assert.Null(_tokens.Read(text + "A", LinkPurpose.Confirm));
        Assert.Null(_tokens.Read("", LinkPurpose.Confirm));
        Assert.Null(_tokens.Read(new string('A', 5000), LinkPurpose.Confirm));
        Assert.Null(new LinkTokens(KeyRing.Parse(KeyRing.CreateText()), _time).Read(text, LinkPurpose.Confirm));
    }

    [Fact]
    public void It_ends_when_it_says()
    {
        var text = _tokens.Write(new LinkToken { Purpose = LinkPurpose.Confirm, AccountId = 1, ExpiresAt = _time.GetUtcNow() + TimeSpan.FromHours(1) });
        _time.Advance(TimeSpan.FromMinutes(58));
        Assert.NotNull(_tokens.Read(text, LinkPurpose.Confirm));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(_tokens.Read(text, LinkPurpose.Confirm));
    }
}
