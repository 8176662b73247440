using System.Text;
using Relay.Delivery;
using Relay.Dkim;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class BodyFormTests
{
    private const string EightBit = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nWe met in the little café\r\n";
    private const string Signed = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\ncafé\r\n--b--\r\n";

    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    [Fact]
    public async Task A_peer_without_8bitmime_gets_seven_bits()
    {
        var result = await SendAsync(EightBit, BodyType.EightBitMime);

        Assert.Equal(OutcomeKind.Delivered, result.Kind);
        var sent = Assert.Single(_kit.Peers.Transactions).Transaction;
        Assert.Equal(BodyType.SevenBit, sent.Envelope.BodyType);
        Assert.EndsWith("Content-Transfer-Encoding: quoted-printable\r\n\r\nWe met in the little caf=C3=A9\r\n", Encoding.UTF8.GetString(sent.Content.Span), StringComparison.Ordinal);
        Assert.Equal(sent.Prefix.Length + sent.Content.Length, sent.SizeBytes);
    }

    [Fact]
    public async Task A_peer_with_8bitmime_gets_what_was_accepted()
    {
        _kit.Peers.Extensions = new PeerExtensions { EightBitMime = true };

        await SendAsync(EightBit, BodyType.SevenBit);

        var sent = _kit.Peers.Transactions[0].Transaction;
        Assert.Equal((BodyType.EightBitMime, EightBit), (sent.Envelope.BodyType, Encoding.UTF8.GetString(sent.Content.Span)));
    }

    [Fact]
    public async Task Declared_but_not_needed_goes_as_it_is()
    {
        await SendAsync("From: a@example.org\r\n\r\nplain\r\n", BodyType.EightBitMime);

        var sent = _kit.Peers.Transactions[0].Transaction;
        Assert.Equal((BodyType.SevenBit, "From: a@example.org\r\n\r\nplain\r\n"), (sent.Envelope.BodyType, Encoding.UTF8.GetString(sent.Content.Span)));
    }

    [Theory]
    [InlineData(BodyType.EightBitMime, "5.6.3")]
    [InlineData(BodyType.BinaryMime, "5.6.1")]
    public async Task What_is_signed_bounces_instead_of_being_broken(BodyType bodyType, string status)
    {
        var result = await SendAsync(Signed, bodyType);

        Assert.Equal((OutcomeKind.Rejected, status, "content"), (result.Kind, result.Status.ToString(), result.Class));
        Assert.Contains("it is signed or encrypted", result.Text, StringComparison.Ordinal);
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Theory]
    [InlineData(true, true, BodyType.BinaryMime)]
    [InlineData(true, false, BodyType.SevenBit)]
    [InlineData(false, true, BodyType.SevenBit)]
    public async Task Binary_content_needs_both_extensions(bool chunking, bool binary, BodyType expected)
    {
        _kit.Peers.Extensions = new PeerExtensions { Chunking = chunking, BinaryMime = binary, EightBitMime = true };

        var result = await SendAsync(EightBit.Replace("8bit", "binary", StringComparison.Ordinal), BodyType.BinaryMime);

        Assert.Equal(OutcomeKind.Delivered, result.Kind);
        Assert.Equal(expected, _kit.Peers.Transactions[0].Transaction.Envelope.BodyType);
    }

    [Fact]
    public async Task The_converted_form_has_a_signature_of_its_own_that_verifies_and_is_not_stored()
    {
        _kit.Keys = DkimTestKeys.Both;
        var task = _kit.Task(["a@example.com"], content: EightBit, message: m => m with { BodyType = BodyType.EightBitMime });

        var result = await _kit.AttemptAsync(task, _route);

        var sent = _kit.Peers.Transactions[0].Transaction;
        byte[] whole = [.. sent.Prefix.Span, .. sent.Content.Span];
        await AssertVerifiesAsync(whole);
        byte[] accepted = [.. result.Signature!.Fields.Span, .. task.Variant.Prefix.Span, .. Encoding.UTF8.GetBytes(EightBit)];
        await AssertVerifiesAsync(accepted);
    }

    [Fact]
    public async Task Another_host_that_takes_eight_bits_gets_them_in_the_same_attempt()
    {
        var route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com", 10), FakePeers.Host("mx2.example.com", 20));
        _kit.Peers.Answer("mx1.example.com", (_, t) =>
        {
            _kit.Peers.Extensions = new PeerExtensions { EightBitMime = true };
            return FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.Mail);
        });

        await _kit.AttemptAsync(_kit.Task(["a@example.com"], content: EightBit), route);

        Assert.Equal([BodyType.SevenBit, BodyType.EightBitMime], _kit.Peers.Transactions.Select(t => t.Transaction.Envelope.BodyType));
    }

    [Fact]
    public async Task A_header_in_utf8_needs_smtputf8_whatever_the_addresses_are()
    {
        var task = _kit.Task(["a@example.com"], content: "From: a@example.org\r\nSubject: café\r\n\r\nx\r\n", message: m => m with { SmtpUtf8 = true });

        var outcome = (await _kit.AttemptAsync(task, _route)).Outcomes[0].Outcome;

        Assert.Equal((OutcomeKind.Rejected, "5.6.9"), (outcome.Kind, outcome.Status.ToString()));
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Fact]
    public async Task An_address_that_needs_smtputf8_concerns_its_recipient_alone()
    {
        var task = _kit.Task(["a@example.com", "ä@example.com"], message: m => m with { SmtpUtf8 = true });

        var result = await _kit.AttemptAsync(task, _route);

        Assert.Equal([OutcomeKind.Delivered, OutcomeKind.Rejected], result.Outcomes.Select(o => o.Outcome.Kind));
        Assert.Equal("5.6.7", result.Outcomes[1].Outcome.Status.ToString());
        Assert.Equal("a@example.com", Assert.Single(_kit.Peers.Transactions[0].Transaction.Envelope.Recipients).Mailbox.ToString());
    }

    private static async Task AssertVerifiesAsync(byte[] message)
    {
        var body = message.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        var results = await new DkimVerifier(DkimTestKeys.Published, TimeProvider.System)
            .VerifyAsync(message.AsMemory(0, body), new MemoryStream(message, body, message.Length - body), CancellationToken.None);
        Assert.Equal([DkimOutcome.Pass, DkimOutcome.Pass], results.Select(r => r.Outcome));
    }

    private async Task<AttemptOutcome> SendAsync(string content, BodyType bodyType)
    {
        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"], content: content, message: m => m with { BodyType = bodyType }), _route);
        return Assert.Single(result.Outcomes).Outcome;
    }
}
