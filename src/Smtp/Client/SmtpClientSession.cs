using System.Net.Security;
using System.Text;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>One client connection: greeting, EHLO, STARTTLS, AUTH, transactions, RSET, QUIT.</summary>
/// <remarks>
/// Not thread safe; one step at a time. Trouble outside a transaction (refusal, timeout, garbage, lost connection) throws
/// <see cref="SmtpProtocolException"/>; inside one it is told per recipient in <see cref="TransactionResult"/>.
/// </remarks>
public sealed class SmtpClientSession : IAsyncDisposable
{
    private readonly SmtpClientConnection _connection;
    private readonly SmtpClientOptions _options;

    /// <summary>Takes ownership of <paramref name="transport"/>.</summary>
    /// <exception cref="ArgumentException">The EHLO name could not stand in a command.</exception>
    public SmtpClientSession(Stream transport, SmtpClientOptions options, TimeProvider time)
    {
        if (options.EhloName.Length == 0 || options.EhloName.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException("the EHLO name must be one word of printable ASCII", nameof(options));
        }

        _options = options;
        _connection = new SmtpClientConnection(transport, options, time);
    }

    public PeerExtensions Extensions { get; private set; } = PeerExtensions.None;

    /// <summary>Null without TLS.</summary>
    public TlsInfo? Tls { get; private set; }

    /// <summary>Steps so far, secrets redacted, bounded.</summary>
    public ConversationLog Conversation => _connection.Log;

    private SmtpClientTimeouts Timeouts => _options.Timeouts;

    /// <summary>Reads the greeting and says EHLO, falling back to HELO where EHLO is refused with 500 or 502.</summary>
    /// <exception cref="SmtpProtocolException">The peer refused (with its reply), or the connection failed.</exception>
    public async ValueTask GreetAsync(CancellationToken cancellationToken)
    {
        var greeting = await _connection.ReadReplyAsync(TransactionStep.Greeting, Timeouts.Greeting, cancellationToken);
        if (greeting.Code != 220)
        {
            throw Refused(TransactionStep.Greeting, greeting);
        }

        await HelloAsync(cancellationToken);
    }

    /// <summary>TLS before the greeting.</summary>
    /// <exception cref="SmtpProtocolException">The handshake failed; the message says why.</exception>
    public async ValueTask UpgradeImplicitAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken) =>
        Tls = await _connection.UpgradeAsync(options, Timeouts.TlsHandshake, cancellationToken);

    /// <summary>STARTTLS, handshake, EHLO again; refuses plaintext buffered behind the 220.</summary>
    /// <remarks><paramref name="options"/> may be shared; their validation callback decides, and <see cref="TlsInfo.IsVerified"/> tells whether it had errors to forgive.</remarks>
    /// <exception cref="SmtpProtocolException">The peer refused (the connection stays usable in clear), or the handshake failed.</exception>
    public async ValueTask StartTlsAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        const TransactionStep Step = TransactionStep.StartTls;
        var reply = await _connection.AskAsync("STARTTLS", Step, Timeouts.Hello, cancellationToken);
        if (reply.Code != 220)
        {
            throw Refused(Step, reply);
        }

        if (_connection.HasUnreadInput)
        {
            throw _connection.Broken(Step, "the peer sent plaintext behind its reply to STARTTLS");
        }

        // What was said in clear is forgotten (RFC 3207 §4.2).
        Extensions = PeerExtensions.None;
        Tls = await _connection.UpgradeAsync(options, Timeouts.TlsHandshake, cancellationToken);
        await HelloAsync(cancellationToken);
    }

    /// <summary>AUTH PLAIN or LOGIN, whichever the peer offers; never without TLS unless the options allow it.</summary>
    /// <exception cref="SmtpProtocolException">No TLS, no common mechanism, refused, or the connection failed.</exception>
    public async ValueTask AuthenticateAsync(string login, string password, CancellationToken cancellationToken)
    {
        const TransactionStep Step = TransactionStep.Authentication;
        if (Tls is null && !_options.AllowPlaintextAuthentication)
        {
            throw new SmtpProtocolException(Step, null, "the password is not sent over a connection without TLS");
        }

        var reply = Extensions.AuthMechanisms switch
        {
            var offered when offered.Contains("PLAIN") => await AuthenticatePlainAsync(login, password, cancellationToken),
            var offered when offered.Contains("LOGIN") => await AuthenticateLoginAsync(login, password, cancellationToken),
            _ => throw new SmtpProtocolException(Step, null, "the peer offers neither AUTH PLAIN nor AUTH LOGIN"),
        };
        if (reply.Code != 235)
        {
            throw Refused(Step, reply);
        }
    }

    /// <summary>AUTH XOAUTH2 or OAUTHBEARER (RFC 7628), whichever the peer offers, with an access token; never without TLS unless the options allow it.</summary>
    /// <exception cref="SmtpProtocolException">No TLS, no common mechanism, refused, or the connection failed.</exception>
    public async ValueTask AuthenticateBearerAsync(string user, string token, CancellationToken cancellationToken)
    {
        const TransactionStep Step = TransactionStep.Authentication;
        if (Tls is null && !_options.AllowPlaintextAuthentication)
        {
            throw new SmtpProtocolException(Step, null, "the access token is not sent over a connection without TLS");
        }

        var reply = await BearerExchange.RunAsync(Extensions.AuthMechanisms, user, token, AskSecretAsync, cancellationToken);
        if (reply.Code != 235)
        {
            throw Refused(Step, reply);
        }
    }

    /// <summary>One transaction, pipelined where offered. Never throws for what the peer or the network does.</summary>
    /// <remarks>What <see cref="ClientTransaction.ContentStream"/> throws passes through; the message was not accepted then, and the connection is lost.</remarks>
    /// <exception cref="OperationCanceledException">The caller cancelled; the connection is lost. Before the final dot nothing was accepted.</exception>
    public ValueTask<TransactionResult> SendAsync(ClientTransaction transaction, CancellationToken cancellationToken)
    {
        Conversation.BeginTransaction();
        return TransactionRun.PlayAsync(_connection, Extensions, Timeouts, transaction, Tls is not null, cancellationToken);
    }

    /// <summary>RSET; false when the connection is no longer usable.</summary>
    public async ValueTask<bool> ResetAsync(CancellationToken cancellationToken)
    {
        try
        {
            var reply = await _connection.AskAsync("RSET", TransactionStep.Reset, Timeouts.Mail, cancellationToken);
            if (!reply.IsPositive)
            {
                _connection.Break();
            }
        }
        catch (SmtpProtocolException)
        {
            _connection.Break();
        }

        return !_connection.IsBroken && !_connection.HasUnreadInput;
    }

    /// <summary>QUIT, waiting briefly for 221; never throws.</summary>
    public async ValueTask QuitAsync()
    {
        try
        {
            await _connection.AskAsync("QUIT", TransactionStep.Quit, Timeouts.Quit, CancellationToken.None);
            await _connection.ShutdownTlsAsync(Timeouts.Quit);
        }
        catch (SmtpProtocolException)
        {
            // Nothing is lost with a connection that was to be closed.
        }

        _connection.Break();
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async ValueTask HelloAsync(CancellationToken cancellationToken)
    {
        var reply = await HelloAsync(_options.IsLmtp ? "LHLO" : "EHLO", cancellationToken);
        if (reply.IsPositive)
        {
            var offered = EhloReplyParser.Parse(reply);

            // Over LMTP the last chunk too is answered once for each recipient (RFC 2033). DATA does the same, and every server knows it.
            Extensions = _options.IsLmtp ? offered with { Chunking = false, BinaryMime = false } : offered;
            return;
        }

        if (reply.Code is 500 or 502 && !_options.IsLmtp)
        {
            reply = await HelloAsync("HELO", cancellationToken);
        }

        if (!reply.IsPositive)
        {
            throw Refused(TransactionStep.Hello, reply);
        }
    }

    private ValueTask<SmtpReply> HelloAsync(string verb, CancellationToken cancellationToken) =>
        _connection.AskAsync($"{verb} {_options.EhloName}", TransactionStep.Hello, Timeouts.Hello, cancellationToken);

    private async ValueTask<SmtpReply> AuthenticatePlainAsync(string login, string password, CancellationToken cancellationToken)
    {
        const int MaxLineBytes = 510;
        var response = Base64($"\0{login}\0{password}");
        var command = "AUTH PLAIN " + response;
        if (command.Length <= MaxLineBytes)
        {
            return await AskSecretAsync(command, "AUTH PLAIN *", cancellationToken);
        }

        // Too long for an initial response (RFC 4954 §4).
        var reply = await AskSecretAsync("AUTH PLAIN", null, cancellationToken);
        return reply.Code == 334 ? await AskSecretAsync(response, "*", cancellationToken) : reply;
    }

    private async ValueTask<SmtpReply> AuthenticateLoginAsync(string login, string password, CancellationToken cancellationToken)
    {
        var reply = await AskSecretAsync("AUTH LOGIN", null, cancellationToken);
        if (reply.Code == 334)
        {
            reply = await AskSecretAsync(Base64(login), "*", cancellationToken);
        }

        return reply.Code == 334 ? await AskSecretAsync(Base64(password), "*", cancellationToken) : reply;
    }

    private ValueTask<SmtpReply> AskSecretAsync(string command, string? shown, CancellationToken cancellationToken) =>
        _connection.AskAsync(command, TransactionStep.Authentication, Timeouts.Hello, cancellationToken, shown);

    // A 4xx or 5xx leaves the conversation in step; anything else, and 421, does not.
    private SmtpProtocolException Refused(TransactionStep step, SmtpReply reply)
    {
        if (reply.Code == 421 || !(reply.IsTemporary || reply.IsPermanent))
        {
            _connection.Break();
        }

        return new SmtpProtocolException(step, reply, $"the peer answered {reply.Code} to {StepNames.Of(step)}: {reply.Text}");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
