using System.Text;
using Relay.Mail;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>LMTP and AUTH by access token, word by word.</summary>
public sealed class LmtpAndTokenTests : IAsyncDisposable
{
    private readonly ScriptedPeer _peer = new();
    private SmtpClientSession? _session;

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }

        await _peer.DisposeAsync();
    }

    [Fact]
    public async Task Each_recipient_taken_has_a_reply_of_its_own()
    {
        var session = await GreetAsync(isLmtp: true, "250 PIPELINING");
        var send = session.SendAsync(Transaction("a@example.com", "b@example.com", "c@example.com"), CancellationToken.None).AsTask();
        await ExpectAllAsync("MAIL FROM:<s@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "RCPT TO:<c@example.com>", "DATA");
        await SayAsync("250 ok", "250 ok", "550 5.1.1 nobody", "250 ok", "354 go");
        await ExpectAllAsync("hello", ".");
        await SayAsync("250 2.1.5 stored", "452 4.2.2 full");

        var result = await send;

        Assert.Equal([250, 550, 452], result.Recipients.Select(r => r.Reply!.Code));
        Assert.Equal([TransactionStep.FinalDot, TransactionStep.Recipient, TransactionStep.FinalDot], result.Recipients.Select(r => r.Step));
        Assert.True(result.IsConnectionUsable);
    }

    [Fact]
    public async Task Recipients_without_a_reply_when_the_connection_breaks_may_have_been_taken()
    {
        var session = await GreetAsync(isLmtp: true, "250 PIPELINING");
        var send = session.SendAsync(Transaction("a@example.com", "b@example.com"), CancellationToken.None).AsTask();
        await ExpectAllAsync("MAIL FROM:<s@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "DATA");
        await SayAsync("250 ok", "250 ok", "250 ok", "354 go");
        await ExpectAllAsync("hello", ".");
        await SayAsync("250 2.1.5 stored");
        await _peer.DisposeAsync();

        var result = await send;

        Assert.Equal((250, false), (result.Recipients[0].Reply!.Code, result.Recipients[0].MayHaveBeenAccepted));
        Assert.Equal((null, true), (result.Recipients[1].Reply, result.Recipients[1].MayHaveBeenAccepted));
        Assert.False(result.IsConnectionUsable);
    }

    [Fact]
    public async Task Each_recipient_has_its_reply_where_chunks_are_offered_too()
    {
        var session = await GreetAsync(isLmtp: true, "250-CHUNKING", "250-BINARYMIME", "250 PIPELINING");
        var send = session.SendAsync(Transaction("a@example.com", "b@example.com") with { UseChunking = true }, CancellationToken.None).AsTask();
        await ExpectAllAsync("MAIL FROM:<s@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "DATA");
        await SayAsync("250 ok", "250 ok", "250 ok", "354 go");
        await ExpectAllAsync("hello", ".");
        await SayAsync("250 2.1.5 stored", "552 5.2.2 full");

        Assert.Equal([250, 552], (await send).Recipients.Select(r => r.Reply!.Code));
        Assert.Equal((false, false, true), (session.Extensions.Chunking, session.Extensions.BinaryMime, session.Extensions.Pipelining));
    }

    [Fact]
    public async Task Lmtp_has_no_helo_to_fall_back_to()
    {
        var greet = Session(isLmtp: true).GreetAsync(CancellationToken.None).AsTask();
        await SayAsync("220 ready");
        await _peer.ExpectAsync("LHLO client.example");
        await SayAsync("500 what");

        Assert.Equal(TransactionStep.Hello, (await Assert.ThrowsAsync<SmtpProtocolException>(() => greet)).Step);
    }

    [Theory]
    [InlineData("XOAUTH2", "user=me@example.com\u0001auth=Bearer tok\u0001\u0001")]
    [InlineData("OAUTHBEARER", "n,a=me@example.com,\u0001auth=Bearer tok\u0001\u0001")]
    public async Task A_token_goes_by_the_mechanism_offered(string mechanism, string expected)
    {
        var session = await GreetAsync(isLmtp: false, $"250 AUTH PLAIN {mechanism}");
        var login = session.AuthenticateBearerAsync("me@example.com", "tok", CancellationToken.None).AsTask();
        await _peer.ExpectAsync($"AUTH {mechanism} {Convert.ToBase64String(Encoding.UTF8.GetBytes(expected))}");
        await SayAsync("235 welcome");

        await login;

        Assert.DoesNotContain("dXNlcj", session.Conversation.ToString(), StringComparison.Ordinal);
        Assert.Contains($"AUTH {mechanism} *", session.Conversation.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("XOAUTH2", "")]
    [InlineData("OAUTHBEARER", "AQ==")]
    public async Task A_refusal_with_a_reason_is_answered_before_it_counts(string mechanism, string answer)
    {
        var session = await GreetAsync(isLmtp: false, $"250 AUTH {mechanism}");
        var login = session.AuthenticateBearerAsync("me", "tok", CancellationToken.None).AsTask();
        Assert.StartsWith("AUTH ", await _peer.ReadLineAsync(), StringComparison.Ordinal);
        await SayAsync("334 eyJzdGF0dXMiOiI0MDEifQ==");
        await _peer.ExpectAsync(answer);
        await SayAsync("535 5.7.3 no");

        Assert.Equal(535, (await Assert.ThrowsAsync<SmtpProtocolException>(() => login)).Reply!.Code);
    }

    [Fact]
    public async Task A_long_token_waits_for_its_turn()
    {
        var token = new string('x', 2000);
        var session = await GreetAsync(isLmtp: false, "250 AUTH XOAUTH2");
        var login = session.AuthenticateBearerAsync("me", token, CancellationToken.None).AsTask();
        await _peer.ExpectAsync("AUTH XOAUTH2");
        await SayAsync("334 ");
        Assert.Contains(token, Encoding.ASCII.GetString(Convert.FromBase64String((await _peer.ReadLineAsync())!)), StringComparison.Ordinal);
        await SayAsync("235 welcome");

        await login;
    }

    [Fact]
    public async Task A_peer_that_takes_only_passwords_gets_no_token()
    {
        var session = await GreetAsync(isLmtp: false, "250 AUTH PLAIN LOGIN");

        var refusal = await Assert.ThrowsAsync<SmtpProtocolException>(() => session.AuthenticateBearerAsync("me", "tok", CancellationToken.None).AsTask());

        Assert.Contains("XOAUTH2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_never_goes_in_clear()
    {
        _session = new SmtpClientSession(_peer.Stream, new SmtpClientOptions { EhloName = "client.example" }, new ManualTimeProvider());

        await Assert.ThrowsAsync<SmtpProtocolException>(() => _session.AuthenticateBearerAsync("me", "tok", CancellationToken.None).AsTask());
    }

    private SmtpClientSession Session(bool isLmtp) => _session = new SmtpClientSession(
        _peer.Stream, new SmtpClientOptions { EhloName = "client.example", IsLmtp = isLmtp, AllowPlaintextAuthentication = true }, new ManualTimeProvider());

    private async Task<SmtpClientSession> GreetAsync(bool isLmtp, params string[] extensions)
    {
        var session = Session(isLmtp);
        var greet = session.GreetAsync(CancellationToken.None).AsTask();
        await SayAsync("220 ready");
        await _peer.ExpectAsync(isLmtp ? "LHLO client.example" : "EHLO client.example");
        await SayAsync(["250-peer.example", .. extensions]);
        await greet;
        return session;
    }

    private async Task SayAsync(params string[] lines)
    {
        foreach (var line in lines)
        {
            await _peer.SendLineAsync(line);
        }
    }

    private async Task ExpectAllAsync(params string[] lines)
    {
        foreach (var line in lines)
        {
            await _peer.ExpectAsync(line);
        }
    }

    private static ClientTransaction Transaction(params string[] recipients) => new()
    {
        Envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("s@example.com")),
            Recipients = [.. recipients.Select(r => new EnvelopeRecipient(Mailbox.Parse(r)))],
        },
        Prefix = ReadOnlyMemory<byte>.Empty,
        Content = "hello\r\n"u8.ToArray(),
        SizeBytes = 7,
    };
}
