using System.Text;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Contacts;
using Relay.Platform.Emails;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The header fields that the configuration asks for in mail of a stream.</summary>
public sealed class StreamFieldWriterTests
{
    private static readonly Mailbox Recipient = Mailbox.Parse("bob@example.net");

    private readonly LinkTokens _tokens = new(KeyRing.Parse(KeyRing.CreateText()), new ManualTimeProvider());
    private readonly FeedbackIdCodec _feedbackIds = new(new FixedTokenKeys());
    private StreamFieldOptions _broadcast = new() { OneClick = true };

    [Fact]
    public void The_link_names_the_recipient_the_stream_and_the_message()
    {
        var message = Message(MailStream.Broadcast);
        var lines = Own(message).Split("\r\n");

        Assert.Equal(["List-Unsubscribe-Post: List-Unsubscribe=One-Click", ""], lines[1..]);
        Assert.StartsWith("List-Unsubscribe: <https://mail.example.com/u/", lines[0], StringComparison.Ordinal);
        var token = _tokens.Read(lines[0].Split("/u/")[1].TrimEnd('>'), LinkPurpose.Unsubscribe)!;
        Assert.Equal(("bob@example.net", 7, (int)MailStream.Broadcast, 0), (token.Recipient, token.AccountId, token.Stream, token.ListId));
        Assert.Equal(message.Id.ToBytes(), token.MessageId.ToArray());
    }

    [Fact]
    public void The_address_for_reports_stands_behind_the_link_with_the_same_token()
    {
        _broadcast = _broadcast with { UnsubscribeMailbox = Mailbox.Parse("fbl+out@example.com") };
        var lines = Own(Message(MailStream.Broadcast)).Split("\r\n");

        Assert.EndsWith(">,", lines[0], StringComparison.Ordinal);
        var token = lines[0].Split("/u/")[1].TrimEnd('>', ',');
        Assert.Equal($"\t<mailto:fbl%2Bout@example.com?subject=unsubscribe%20{token}>", lines[1]);
    }

    [Fact]
    public void Lines_of_the_longest_address_stay_within_the_limit_and_in_ascii()
    {
        _broadcast = _broadcast with { UnsubscribeMailbox = Mailbox.Parse("reports@example.com") };
        var longest = Mailbox.Parse($"{new string('ü', 30)}@{string.Join('.', Enumerable.Repeat(new string('a', 60), 3))}.example");
        var fields = Writer().For(Message(MailStream.Broadcast), HeaderBlock.Empty).Own!(longest);

        Assert.All(fields.Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
        Assert.True(Ascii.IsValid(fields));
    }

    [Theory]
    [InlineData("List-Unsubscribe: <mailto:leave@example.com>\r\n\r\n")]
    [InlineData("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n")]
    public void A_message_that_brings_its_own_is_left_alone(string header) =>
        Assert.Null(Writer().For(Message(MailStream.Broadcast), Block(header)).Own);

    [Fact]
    public void A_stream_that_is_not_switched_on_adds_nothing() =>
        Assert.Equal(StreamFields.None, Writer().For(Message(MailStream.Transactional), HeaderBlock.Empty));

    [Fact]
    public void Feedback_id_names_campaign_account_stream_and_sender_and_a_campaign_cannot_move_its_fields()
    {
        _broadcast = new StreamFieldOptions { FeedbackId = "{campaign}:{account}:{stream}:examplemail" };
        var message = Message(MailStream.Broadcast) with { Tags = ["Spring:sale\r\nX: é", "other"] };

        Assert.Equal(new StreamFields("Feedback-ID: Spring-sale--X---:7:broadcast:examplemail\r\n", null), Writer().For(message, HeaderBlock.Empty));
        Assert.Equal("Feedback-ID: :7:broadcast:examplemail\r\n", Writer().For(Message(MailStream.Broadcast), HeaderBlock.Empty).Shared);
        Assert.Empty(Writer().For(message, Block("Feedback-ID: a:b:c:d\r\n\r\n")).Shared);
    }

    [Theory]
    [InlineData("example.com", null, true)]
    [InlineData("news.example.com", null, true)]
    [InlineData("notexample.com", null, false)]
    [InlineData("customer.test", null, false)]
    [InlineData("customer.test", "example.com", true)]
    [InlineData("customer.test", "other.test", false)]
    public void The_complaint_address_stands_only_where_a_signature_vouches_for_it(string from, string? cosigner, bool stands)
    {
        _broadcast = new StreamFieldOptions
        {
            ComplaintMailbox = Mailbox.Parse("fbl@example.com"),
            Cosigner = cosigner is null ? null : DomainName.Parse(cosigner),
        };
        var message = Message(MailStream.Broadcast) with { FromDomain = from };
        var lines = Writer().For(message, HeaderBlock.Empty).Shared.Split("\r\n");

        Assert.Equal(stands, lines[0] == "CFBL-Address: fbl@example.com; report=arf");
        if (stands)
        {
            var id = _feedbackIds.Decode(lines[1]["CFBL-Feedback-ID: ".Length..])!;
            Assert.Equal((message.Id, true), (id.Message, id.Names(Mailbox.Parse("anybody@example.org"))));
        }

        Assert.Empty(Writer().For(message, Block("CFBL-Address: own@customer.test\r\n\r\n")).Shared);
    }

    [Fact]
    public void A_recipients_own_copy_has_a_feedback_id_for_him_alone()
    {
        _broadcast = _broadcast with { ComplaintMailbox = Mailbox.Parse("fbl@example.com") };
        var fields = Writer().For(Message(MailStream.Broadcast) with { FromDomain = "example.com" }, HeaderBlock.Empty);

        Assert.Equal("CFBL-Address: fbl@example.com; report=arf\r\n", fields.Shared);
        var id = _feedbackIds.Decode(fields.Own!(Recipient).Split("\r\n")[0]["CFBL-Feedback-ID: ".Length..])!;
        Assert.True(id.Names(Recipient));
        Assert.False(id.Names(Mailbox.Parse("eve@example.net")));
    }

    private string Own(QueuedMessage message) => Writer().For(message, HeaderBlock.Empty).Own!(Recipient);

    private StreamFieldWriter Writer()
    {
        var options = new PlatformOptions
        {
            Hostname = "relay.example.com",
            PublicUrl = new Uri("https://mail.example.com"),
            Streams = new Dictionary<MailStream, StreamFieldOptions> { [MailStream.Broadcast] = _broadcast, [MailStream.Transactional] = new() },
        };
        return new StreamFieldWriter(new UnsubscribeLinks(_tokens, options), _feedbackIds, options);
    }

    private static HeaderBlock Block(string text)
    {
        var reader = new HeaderReader(10_000);
        reader.Append(Encoding.ASCII.GetBytes(text));
        reader.End();
        return reader.ToBlock();
    }

    private static QueuedMessage Message(MailStream stream) =>
        Drafts.Message(new ManualTimeProvider().GetUtcNow(), ["bob@example.net"]).Message with { AccountId = 7, Stream = stream };
}
