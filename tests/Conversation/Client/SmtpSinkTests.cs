using System.Net.Security;
using System.Net.Sockets;
using Relay.Mail;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Conversation.Client;

/// <summary>The client against the sink over loopback sockets: both ends of what delivery tests rely on.</summary>
public sealed class SmtpSinkTests
{
    [Fact]
    public async Task Takes_envelope_and_content_exactly()
    {
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Recipient = static mailbox => mailbox.StartsWith('x') ? "550 5.1.1 no" : null });
        await using var session = await ConnectAsync(sink);

        var result = await session.SendAsync(Transaction("a@example.net", "x@example.net", "b@example.net"), CancellationToken.None);

        Assert.Equal([250, 550, 250], result.Recipients.Select(static recipient => recipient.Reply?.Code ?? 0));
        var message = await sink.NextMessageAsync();
        Assert.Equal("sender@example.com", message.ReversePath);
        Assert.StartsWith("SIZE=", message.MailParameters, StringComparison.Ordinal);
        Assert.Equal(["a@example.net", "b@example.net"], message.Recipients);
        Assert.Equal("client.example", message.Hello);
        Assert.Equal("X: 1\r\nSubject: t\r\n\r\n.dot\r\n", message.Text);
    }

    [Fact]
    public async Task Carries_many_transactions_over_one_connection()
    {
        await using var sink = SmtpSink.Start();
        await using var session = await ConnectAsync(sink);
        for (var i = 0; i < 20; i++)
        {
            Assert.True((await session.SendAsync(Transaction("a@example.net"), CancellationToken.None)).IsConnectionUsable);
        }

        await session.QuitAsync();
        Assert.Equal((1, 20, 20), (sink.Connections, sink.Transactions, sink.Messages.Count));
    }

    [Fact]
    public async Task Speaks_tls_and_auth()
    {
        await using var sink = SmtpSink.Start(new SmtpSinkOptions
        {
            Certificate = ScriptedPeer.Certificate,
            Authenticate = static (login, password) => login == "user" && password == "secret",
        });
        await using var session = await ConnectAsync(sink);
        await session.StartTlsAsync(Trusting(), CancellationToken.None);
        await session.AuthenticateAsync("user", "secret", CancellationToken.None);
        await session.SendAsync(Transaction("a@example.net"), CancellationToken.None);
        await session.QuitAsync();

        var message = await sink.NextMessageAsync();
        Assert.True(message.IsEncrypted);
        Assert.Equal("user", message.Login);
    }

    [Fact]
    public async Task Speaks_tls_before_the_greeting()
    {
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Certificate = ScriptedPeer.Certificate, ImplicitTls = true });
        await using var session = await OpenAsync(sink);
        await session.UpgradeImplicitAsync(Trusting(), CancellationToken.None);
        await session.GreetAsync(CancellationToken.None);
        Assert.False(session.Extensions.StartTls);
        Assert.Equal(250, (await session.SendAsync(Transaction("a@example.net"), CancellationToken.None)).Recipients[0].Reply?.Code);
    }

    [Theory]
    [InlineData(SinkStep.Mail, TransactionStep.Mail, false)]
    [InlineData(SinkStep.Recipient, TransactionStep.Recipient, false)]
    [InlineData(SinkStep.Data, TransactionStep.Data, false)]
    [InlineData(SinkStep.FinalDot, TransactionStep.FinalDot, true)]
    public async Task Drops_where_it_is_told(SinkStep step, TransactionStep noted, bool mayHaveBeenAccepted)
    {
        // One step at a time: a reset discards replies of a group that were not read yet.
        await using var sink = SmtpSink.Start(new SmtpSinkOptions
        {
            Extensions = [],
            Fault = (_, at) => at == step ? SinkFault.Drop : null,
        });
        await using var session = await ConnectAsync(sink);

        var result = await session.SendAsync(Transaction("a@example.net"), CancellationToken.None);

        Assert.Equal(new RecipientResult(null, noted, mayHaveBeenAccepted), Assert.Single(result.Recipients));
        Assert.False(result.IsConnectionUsable);
        Assert.Empty(sink.Messages);
    }

    [Fact]
    public async Task Answers_when_the_gate_opens()
    {
        var gate = new TaskCompletionSource();
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Fault = (_, at) => at == SinkStep.FinalDot ? SinkFault.Wait(gate.Task) : null });
        await using var session = await ConnectAsync(sink);
        var send = session.SendAsync(Transaction("a@example.net"), CancellationToken.None).AsTask();
        Assert.False(send.IsCompleted);
        gate.SetResult();
        Assert.Equal(250, (await send).Recipients[0].Reply?.Code);
    }

    private static async Task<SmtpClientSession> ConnectAsync(SmtpSink sink)
    {
        var session = await OpenAsync(sink);
        await session.GreetAsync(CancellationToken.None);
        return session;
    }

    private static async Task<SmtpClientSession> OpenAsync(SmtpSink sink)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(sink.Endpoint);
        return new SmtpClientSession(new NetworkStream(socket, ownsSocket: true), new SmtpClientOptions { EhloName = "client.example" }, TimeProvider.System);
    }

    private static SslClientAuthenticationOptions Trusting() => new()
    {
        TargetHost = "mx.example.com",
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
    };

    private static ClientTransaction Transaction(params string[] recipients) => new()
    {
        Envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("sender@example.com")),
            Recipients = [.. recipients.Select(static text => new EnvelopeRecipient(Mailbox.Parse(text)))],
        },
        Prefix = "X: 1\r\n"u8.ToArray(),
        Content = "Subject: t\r\n\r\n.dot\r\n"u8.ToArray(),
        SizeBytes = 26,
    };
}
