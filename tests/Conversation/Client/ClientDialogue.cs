using System.Globalization;
using System.Net.Security;
using System.Text;
using Relay.Smtp.Client;
using Relay.Tests.Support;

namespace Relay.Tests.Conversation.Client;

/// <summary>Plays one dialogue: the peer's lines and the session's calls in the order of the file.</summary>
/// <remarks>
/// <c>S: text</c> the peer sends a line; lines that follow each other leave together, and only when the client waits in silence.
/// <c>S&gt; raw</c> the same with escapes and without CRLF. <c>C: pattern</c> the client must send this line (<c>*</c> for anything).
/// <c>@options key=value…</c> before anything else. <c>@do call…</c> begins a call of the session: greet, starttls, implicit, auth, send, reset, quit.
/// <c>@ok</c>, <c>@error STEP CODE PATTERN</c>, <c>@cancelled</c> end it; a send ends with one <c>@result</c> per recipient:
/// <c>@result 1 250 2.0.0 FinalDot</c> or <c>@result 1 none FinalDot maybe</c>. <c>@usable yes</c>, <c>@failure PATTERN</c>, <c>@text 1 PATTERN</c>
/// look at the same result, <c>@log PATTERN</c> and <c>@nolog PATTERN</c> at the conversation, <c>@extension WORDS</c> at the extensions.
/// <c>@early</c> lets the next S lines go while the client still talks, <c>@repeat 300 line</c> sends a line many times, <c>@content</c> reads up to the lone dot,
/// <c>@octets "raw"</c> reads exactly these, <c>@chunk</c> one BDAT with its octets, <c>@chunks N</c> chunks up to LAST that are N octets together,
/// <c>@refused chunking</c> or <c>pipelining</c> looks at what the result says of the peer,
/// <c>@tls</c> does the peer's handshake, <c>@advance 5m</c> moves the clock, <c>@cancel</c> cancels the call, <c>@drop</c> ends the connection,
/// <c>@closed</c> expects the client to have ended it.
/// </remarks>
internal sealed class ClientDialogue : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly StringBuilder _outgoing = new();
    private readonly IReadOnlyList<string> _lines;
    private readonly ScriptedPeer _peer;
    private readonly SmtpClientSession _session;
    private readonly CancellationTokenSource _caller = new();
    private Task? _call;
    private TransactionResult? _result;
    private HashSet<int> _unchecked = [];
    private bool _isEarly;

    public ClientDialogue(IReadOnlyList<string> lines, PeerCutting cutting)
    {
        _lines = lines;
        var options = DialogueWords.Parse(lines.FirstOrDefault(static line => line.StartsWith("@options", StringComparison.Ordinal)) ?? string.Empty);
        _peer = new ScriptedPeer(cutting, options.Number("window", 16 * 1024 * 1024));
        _session = new SmtpClientSession(_peer.Stream, ClientOptions(options), _time);
    }

    public async Task PlayAsync()
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            try
            {
                await PlayLineAsync(_lines[i]);
            }
            catch (Exception trouble) when (trouble is not OutOfMemoryException)
            {
                throw new ScriptException($"line {i + 1}, {_lines[i]}: {trouble.GetType().Name}: {trouble.Message}\n{_session.Conversation}");
            }
        }

        await SendOutgoingAsync();
        await EndCallAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _peer.DisposeAsync();
        _caller.Dispose();
    }

    private async Task PlayLineAsync(string line)
    {
        if (line.Length == 0 || line[0] == '#' || line.StartsWith("@options", StringComparison.Ordinal))
        {
            return;
        }

        if (line.StartsWith("S: ", StringComparison.Ordinal))
        {
            _outgoing.Append(line.AsSpan(3)).Append("\r\n");
            return;
        }

        if (line.StartsWith("S> ", StringComparison.Ordinal))
        {
            _outgoing.Append(DialogueWords.Unescape(line[3..]));
            return;
        }

        if (line.StartsWith("@repeat ", StringComparison.Ordinal))
        {
            var words = line.Split(' ', 3);
            _outgoing.Insert(_outgoing.Length, words[2] + "\r\n", int.Parse(words[1], CultureInfo.InvariantCulture));
            return;
        }

        await SendOutgoingAsync();
        if (line.StartsWith("C: ", StringComparison.Ordinal) || line == "C:")
        {
            await _peer.ExpectAsync(line.Length > 3 ? line[3..] : string.Empty);
            return;
        }

        var end = line.IndexOf(' ', StringComparison.Ordinal);
        await DirectAsync(end < 0 ? line : line[..end], end < 0 ? string.Empty : line[(end + 1)..]);
    }

    private async Task SendOutgoingAsync()
    {
        if (_outgoing.Length == 0)
        {
            return;
        }

        if (!_isEarly)
        {
            await _peer.ExpectSilenceAsync();
        }

        _isEarly = false;
        var bytes = Encoding.Latin1.GetBytes(_outgoing.ToString());
        _outgoing.Clear();
        await _peer.SendAsync(bytes);
    }

    private async Task DirectAsync(string directive, string rest)
    {
        switch (directive)
        {
            case "@do":
                await EndCallAsync();
                _call = CallAsync(DialogueWords.Parse(rest));
                break;
            case "@ok":
                await FinishAsync();
                break;
            case "@error":
                await ExpectErrorAsync(rest.Split(' ', 3));
                break;
            case "@cancelled":
                await ExpectThrowAsync<OperationCanceledException>();
                break;
            case "@early":
                _isEarly = true;
                break;
            case "@content":
                await ReadContentAsync();
                break;
            case "@octets":
                var octets = DialogueWords.Unescape(rest.Trim('"'));
                Expect(Encoding.Latin1.GetString(await _peer.ReadOctetsAsync(octets.Length)) == octets, "other octets came");
                break;
            case "@chunk":
                await ReadChunkAsync();
                break;
            case "@chunks":
                await ReadChunksAsync(int.Parse(rest, CultureInfo.InvariantCulture));
                break;
            case "@tls":
                await _peer.StartTlsAsync();
                break;
            case "@advance":
                await _peer.ClientWaitsAsync();
                _time.Advance(DialogueWords.Duration(rest));
                break;
            case "@cancel":
                await _peer.ClientWaitsAsync();
                await _caller.CancelAsync();
                break;
            case "@drop":
                _peer.Drop();
                break;
            case "@closed":
                await EndCallAsync();
                await _session.DisposeAsync();
                await _peer.ExpectCloseAsync();
                break;
            default:
                await CheckAsync(directive, rest);
                break;
        }
    }

    private async Task CheckAsync(string directive, string rest)
    {
        switch (directive)
        {
            case "@result":
                await ExpectResultAsync(rest.Split(' '));
                break;
            case "@text":
                var number = rest.IndexOf(' ', StringComparison.Ordinal);
                var reply = (await ResultAsync()).Recipients[int.Parse(rest[..number], CultureInfo.InvariantCulture) - 1].Reply;
                ExpectMatch(reply?.Text ?? "(none)", rest[(number + 1)..]);
                break;
            case "@usable":
                ExpectMatch((await ResultAsync()).IsConnectionUsable ? "yes" : "no", rest);
                break;
            case "@failure":
                ExpectMatch((await ResultAsync()).Failure ?? "(none)", rest);
                break;
            case "@refused":
                var result = await ResultAsync();
                Expect(rest == "chunking" ? result.IsChunkingRefused : result.IsPipeliningSuspect, "the result says nothing of it");
                break;
            case "@log":
                Expect(LogHas(rest), "no such line in the conversation");
                break;
            case "@nolog":
                Expect(!LogHas(rest), "the conversation has such a line");
                break;
            case "@extension":
                ExpectMatch(DialogueWords.Describe(_session.Extensions), rest);
                break;
            default:
                throw new ScriptException("unknown directive");
        }
    }

    private Task CallAsync(DialogueWords words)
    {
        var token = _caller.Token;
        switch (words.First)
        {
            case "greet":
                return _session.GreetAsync(token).AsTask();
            case "starttls":
                return _session.StartTlsAsync(TlsOptions(words), token).AsTask();
            case "implicit":
                return _session.UpgradeImplicitAsync(TlsOptions(words), token).AsTask();
            case "auth":
                return _session.AuthenticateAsync(words.Text("login", "user"), words.Text("password", "secret"), token).AsTask();
            case "send":
                return SendAsync(words, token);
            case "reset":
                return _session.ResetAsync(token).AsTask();
            case "quit":
                return _session.QuitAsync().AsTask();
            default:
                throw new ScriptException("unknown call");
        }
    }

    private async Task SendAsync(DialogueWords words, CancellationToken cancellationToken)
    {
        var result = await _session.SendAsync(words.Transaction(), cancellationToken);
        _unchecked = [.. Enumerable.Range(1, result.Recipients.Count)];
        _result = result;
    }

    private async Task FinishAsync()
    {
        var call = _call ?? throw new ScriptException("no call is running");
        await call.WaitAsync(Patience);
        _call = null;
    }

    // Ends a call nobody looked at: it must have gone well, and a result must have been checked.
    private async Task EndCallAsync()
    {
        if (_call is not null)
        {
            await FinishAsync();
        }

        Expect(_unchecked.Count == 0, "no @result for recipients " + string.Join(", ", _unchecked));
    }

    private async Task<TransactionResult> ResultAsync()
    {
        if (_call is not null)
        {
            await FinishAsync();
        }

        return _result ?? throw new ScriptException("nothing was sent");
    }

    private async Task ExpectResultAsync(string[] words)
    {
        var result = await ResultAsync();
        var number = int.Parse(words[0], CultureInfo.InvariantCulture);
        var recipient = result.Recipients[number - 1];
        List<string> actual = recipient.Reply is { } reply
            ? [reply.Code.ToString(CultureInfo.InvariantCulture), reply.Enhanced?.ToString() ?? "-", recipient.Step.ToString()]
            : ["none", recipient.Step.ToString()];
        if (recipient.MayHaveBeenAccepted)
        {
            actual.Add("maybe");
        }

        ExpectMatch(string.Join(' ', actual), string.Join(' ', words[1..]));
        _unchecked.Remove(number);
    }

    private async Task ExpectErrorAsync(string[] words)
    {
        var error = await ExpectThrowAsync<SmtpProtocolException>();
        var code = error.Reply?.Code.ToString(CultureInfo.InvariantCulture) ?? "-";
        ExpectMatch($"{error.Step} {code} {error.Message}", string.Join(' ', words));
    }

    private async Task<T> ExpectThrowAsync<T>()
        where T : Exception
    {
        try
        {
            await FinishAsync();
        }
        catch (T expected)
        {
            _call = null;
            return expected;
        }

        throw new ScriptException("the call went well");
    }

    private async Task ReadContentAsync()
    {
        while (await _peer.ReadLineAsync() is { } line)
        {
            if (line == ".")
            {
                return;
            }
        }

        throw new ScriptException("the client closed within the content");
    }

    private async Task<(int Octets, bool IsLast)> ReadChunkAsync()
    {
        var words = (await _peer.ExpectAsync("BDAT *")).Split(' ');
        var octets = int.Parse(words[1], CultureInfo.InvariantCulture);
        Expect(octets <= 256 * 1024, $"a chunk of {octets} octets");
        await _peer.ReadOctetsAsync(octets);
        return (octets, words is [.., "LAST"]);
    }

    private async Task ReadChunksAsync(int total)
    {
        var read = 0;
        bool isLast;
        do
        {
            (var octets, isLast) = await ReadChunkAsync();
            read += octets;
        }
        while (!isLast);
        Expect(read == total, $"{read} octets came");
    }

    private bool LogHas(string pattern) =>
        _session.Conversation.ToString().Split('\n').Any(line => ScriptedPeer.Matches(line, pattern));

    private static void ExpectMatch(string actual, string pattern) =>
        Expect(ScriptedPeer.Matches(actual, pattern), $"found '{actual}'");

    private static void Expect(bool condition, string message)
    {
        if (!condition)
        {
            throw new ScriptException(message);
        }
    }

    private static SslClientAuthenticationOptions TlsOptions(DialogueWords words) => new()
    {
        TargetHost = words.Text("name", "mx.example.com"),
        RemoteCertificateValidationCallback = words.Has("strict") ? null : static (_, certificate, _, _) => certificate is not null,
    };

    private static SmtpClientOptions ClientOptions(DialogueWords words) => new()
    {
        EhloName = words.Text("ehlo", "client.example"),
        MaxReplyLines = words.Number("maxlines", 200),
        MaxReplyBytes = words.Number("maxbytes", 64 * 1024),
        MaxReplyLineBytes = words.Number("maxline", 4096),
        MaxConversationBytes = words.Number("log", 4096),
        AllowPlaintextAuthentication = words.Has("plaintext-auth"),
    };
}
