using Relay.Mail;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What the dialogues in tests/Conversation/Client cannot say: exceptions of the caller, disposal, cutting of content.</summary>
public sealed class SmtpClientSessionTests : IAsyncDisposable
{
    private readonly ScriptedPeer _peer = new();
    private readonly SmtpClientSession _session;

    public SmtpClientSessionTests() =>
        _session = new SmtpClientSession(_peer.Stream, new SmtpClientOptions { EhloName = "client.example" }, new ManualTimeProvider());

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _peer.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("a\r\nDATA")]
    [InlineData("bücher.example")]
    public void Refuses_a_name_that_could_not_stand_in_ehlo(string name) =>
        Assert.Throws<ArgumentException>(() => new SmtpClientSession(Stream.Null, new SmtpClientOptions { EhloName = name }, TimeProvider.System));

    [Fact]
    public async Task Content_that_cannot_be_read_throws_and_never_ends_the_message()
    {
        await GreetAsync();
        var send = _session.SendAsync(Transaction() with { ContentStream = static _ => throw new FileNotFoundException() }, CancellationToken.None).AsTask();
        await AcceptEnvelopeAsync();

        await Assert.ThrowsAsync<FileNotFoundException>(() => send);
        Assert.False(await _session.ResetAsync(CancellationToken.None));
        await _session.DisposeAsync();
        Assert.Null(await _peer.ReadLineAsync());
    }

    [Fact]
    public async Task The_final_dot_waits_for_what_must_come_before_it()
    {
        var noted = new TaskCompletionSource();
        var taken = new TaskCompletionSource<IReadOnlyList<int>>(TaskCreationOptions.RunContinuationsAsynchronously);
        await GreetAsync();
        var send = _session.SendAsync(
            Transaction() with
            {
                BeforeFinalDot = indexes =>
                {
                    taken.SetResult(indexes);
                    return new ValueTask(noted.Task);
                },
            },
            CancellationToken.None).AsTask();
        await AcceptEnvelopeAsync();
        var content = _peer.ExpectAsync("hi");
        Assert.Equal([0], await taken.Task);
        Assert.False(content.IsCompleted);

        noted.SetResult();

        await content;
        await _peer.ExpectAsync(".");
        await _peer.SendLineAsync("250 ok");
        Assert.Equal(250, (await send).Recipients[0].Reply!.Code);
    }

    [Fact]
    public async Task What_fails_before_the_final_dot_passes_through_and_the_message_never_ends()
    {
        await GreetAsync();
        var send = _session.SendAsync(Transaction() with { BeforeFinalDot = static _ => throw new FileNotFoundException() }, CancellationToken.None).AsTask();
        await AcceptEnvelopeAsync();

        await Assert.ThrowsAsync<FileNotFoundException>(() => send);
        await _session.DisposeAsync();
        Assert.Null(await _peer.ReadLineAsync());
    }

    [Fact]
    public async Task Content_stream_is_disposed()
    {
        await GreetAsync();
        var content = new MemoryStream("hello\r\n"u8.ToArray());
        var send = _session.SendAsync(Transaction() with { ContentStream = _ => ValueTask.FromResult<Stream>(content) }, CancellationToken.None).AsTask();
        await AcceptEnvelopeAsync();
        await _peer.ExpectAsync("hello");
        await _peer.ExpectAsync(".");
        await _peer.SendLineAsync("250 ok");
        await send;
        Assert.False(content.CanRead);
    }

    [Fact]
    public async Task A_reply_nobody_asked_for_ends_the_use_of_the_connection()
    {
        await GreetAsync();
        var send = _session.SendAsync(Transaction(), CancellationToken.None).AsTask();
        await AcceptEnvelopeAsync();
        await _peer.ExpectAsync("hi");
        await _peer.ExpectAsync(".");
        await _peer.SendAsync("250 ok\r\n250 again\r\n"u8.ToArray());

        var result = await send;
        Assert.Equal(250, Assert.Single(result.Recipients).Reply?.Code);
        Assert.Null(result.Failure);
        Assert.False(result.IsConnectionUsable);
    }

    [Theory]
    [InlineData("250 ok")]
    [InlineData("250-ok")]
    [InlineData("550 no")]
    public async Task A_reply_that_comes_before_the_content_does_not_answer_it(string early)
    {
        await GreetAsync();
        var send = _session.SendAsync(Transaction(), CancellationToken.None).AsTask();
        await ReadEnvelopeAsync();
        await _peer.SendAsync(System.Text.Encoding.ASCII.GetBytes($"250 ok\r\n250 ok\r\n354 go on\r\n{early}\r\n"));

        var result = await send;

        Assert.Equal(new RecipientResult(null, TransactionStep.Content, false), Assert.Single(result.Recipients));
        Assert.Equal("the peer spoke before the content was sent", result.Failure);
        await _session.DisposeAsync();
        Assert.Null(await _peer.ReadLineAsync());
    }

    [Fact]
    public async Task A_peer_that_says_goodbye_instead_of_reading_the_content_is_heard()
    {
        await GreetAsync();
        var send = _session.SendAsync(Transaction(), CancellationToken.None).AsTask();
        await ReadEnvelopeAsync();
        await _peer.SendAsync("250 ok\r\n250 ok\r\n354 go on\r\n421 going down\r\n"u8.ToArray());

        Assert.Equal(421, Assert.Single((await send).Recipients).Reply?.Code);
    }

    [Fact]
    public async Task A_reply_too_many_does_not_answer_the_last_chunk()
    {
        await GreetAsync("CHUNKING");
        var send = _session.SendAsync(Transaction() with { UseChunking = true }, CancellationToken.None).AsTask();
        await _peer.ExpectAsync("MAIL FROM:<a@example.com>");
        await _peer.SendLineAsync("250 ok");
        await _peer.ExpectAsync("RCPT TO:<b@example.net>");
        await _peer.SendAsync("250 ok\r\n250 once more\r\n"u8.ToArray());

        Assert.Equal(new RecipientResult(null, TransactionStep.Content, false), Assert.Single((await send).Recipients));
    }

    [Fact]
    public async Task Large_content_arrives_as_it_was()
    {
        await GreetAsync();
        var content = string.Concat(Enumerable.Range(0, 20_000).Select(static i => (i % 3 == 0 ? "." : string.Empty) + $"line {i}\r\n"));
        var bytes = System.Text.Encoding.ASCII.GetBytes(content);
        var send = _session.SendAsync(Transaction() with { Content = bytes, SizeBytes = bytes.Length }, CancellationToken.None).AsTask();
        await AcceptEnvelopeAsync();
        var received = new System.Text.StringBuilder();
        while (await _peer.ReadLineAsync() is { } line && line != ".")
        {
            received.Append(line.AsSpan(line.StartsWith('.') ? 1 : 0)).Append("\r\n");
        }

        await _peer.SendLineAsync("250 ok");
        Assert.True((await send).IsConnectionUsable);
        Assert.Equal(content, received.ToString());
    }

    [Fact]
    public async Task An_envelope_without_recipients_sends_nothing()
    {
        await GreetAsync();
        var transaction = Transaction();
        var result = await _session.SendAsync(transaction with { Envelope = transaction.Envelope with { Recipients = [] } }, CancellationToken.None);
        Assert.Empty(result.Recipients);
        Assert.True(result.IsConnectionUsable);
    }

    [Fact]
    public async Task A_caller_that_cancelled_already_leaves_a_closed_connection()
    {
        await GreetAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _session.SendAsync(Transaction(), new CancellationToken(true)).AsTask());
        var result = await _session.SendAsync(Transaction(), CancellationToken.None);
        Assert.Equal(new RecipientResult(null, TransactionStep.Mail, false), Assert.Single(result.Recipients));
        Assert.Equal("the connection is closed", result.Failure);
    }

    [Fact]
    public async Task Quit_and_dispose_never_throw_however_often()
    {
        _peer.Drop();
        await _session.QuitAsync();
        await _session.QuitAsync();
        await _session.DisposeAsync();
        await _session.DisposeAsync();
        await _session.QuitAsync();
        Assert.False(await _session.ResetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Reset_is_false_when_the_peer_refuses_it()
    {
        await GreetAsync();
        var reset = _session.ResetAsync(CancellationToken.None).AsTask();
        await _peer.ExpectAsync("RSET");
        await _peer.SendLineAsync("421 no");
        Assert.False(await reset);
    }

    private async Task GreetAsync(string extension = "PIPELINING")
    {
        var greet = _session.GreetAsync(CancellationToken.None).AsTask();
        await _peer.SendLineAsync("220 hi");
        await _peer.ExpectAsync("EHLO client.example");
        await _peer.SendLineAsync("250-mx");
        await _peer.SendLineAsync("250 " + extension);
        await greet;
    }

    private async Task ReadEnvelopeAsync()
    {
        await _peer.ExpectAsync("MAIL FROM:<a@example.com>");
        await _peer.ExpectAsync("RCPT TO:<b@example.net>");
        await _peer.ExpectAsync("DATA");
    }

    private async Task AcceptEnvelopeAsync()
    {
        await ReadEnvelopeAsync();
        await _peer.SendAsync("250 ok\r\n250 ok\r\n354 go on\r\n"u8.ToArray());
    }

    private static ClientTransaction Transaction() => new()
    {
        Envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("a@example.com")),
            Recipients = [new EnvelopeRecipient(Mailbox.Parse("b@example.net"))],
        },
        Prefix = default,
        Content = "hi\r\n"u8.ToArray(),
        SizeBytes = 4,
    };
}
