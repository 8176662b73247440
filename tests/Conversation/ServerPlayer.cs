using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Conversation;

/// <summary>Plays a script as the client against the server.</summary>
/// <remarks>
/// Head: <c>@option name value</c>, <c>@user name password</c>, <c>@refuse mailbox reply</c>, <c>@refuse-connect reply</c>,
/// <c>@certificate login</c> (the client shows one that stands for this login; <c>-</c> for one unknown),
/// <c>@inbound domain octets</c> (the program's own policy and intake, for a domain whose mail is received from anybody),
/// <c>@sink refuse|reply|fail-write|fail-commit …</c>, <c>@policy fails</c>, <c>@only whole</c> (with the reason in a comment).
/// Body: <c>@advance 5m</c>, <c>@close</c>, <c>@closed</c>, <c>@tls</c>, <c>@stop</c>, <c>@message "content"</c> or a file beside the script,
/// <c>@envelope from to…</c>, <c>@session keyword</c>, <c>@messages count</c>, <c>@size octets</c>, <c>@repeat n</c> for the line below it.
/// </remarks>
internal sealed class ServerPlayer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RunnerScript _script;
    private readonly RunnerPace _pace;
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedPolicy _policy = new();
    private readonly CollectingSink _sink = new();
    private readonly InMemoryConnection _connection = new();
    private readonly SmtpMetrics _metrics = new();
    private readonly StringBuilder _told = new();
    private readonly List<byte[]> _pending = [];
    private readonly InboundDoor? _inbound;
    private readonly SmtpConnectionHandler _handler;
    private readonly RunnerStream _stream;
    private X509Certificate2? _certificate;
    private string? _pushedBack;
    private int _messagesSeen;

    public ServerPlayer(RunnerScript script, RunnerPace pace)
    {
        _script = script;
        _pace = pace;
        var options = Head(script);
        _inbound = Inbound(script);
        _handler = new SmtpConnectionHandler(options, _inbound?.Policy ?? _policy, (IMessageSink?)_inbound ?? _sink, _time, _metrics, NullLogger<SmtpConnectionHandler>.Instance);
        _stream = new RunnerStream(new DuplexPipeStream(_connection.Client), pace);
    }

    public async Task PlayAsync()
    {
        var serving = _connection.ServeAsync(_handler);
        var repeat = 1;
        foreach (var step in _script.Steps)
        {
            if (step is { Kind: RunnerStepKind.Directive, Text: "repeat" })
            {
                repeat = int.Parse(step.Arguments, CultureInfo.InvariantCulture);
                continue;
            }

            for (; repeat > 0; repeat--)
            {
                await PlayAsync(step);
            }

            repeat = 1;
        }

        await SendPendingAsync();
        await _connection.Client.Output.CompleteAsync();
        await ExpectEndAsync(_script.Steps[^1]);
        await serving.WaitAsync(Patience);
        Assert.Equal(0, _sink.OpenWriters);
        Assert.Equal(0, _handler.ActiveSessions);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        _inbound?.Dispose();
        _metrics.Dispose();
    }

    private SmtpServerOptions Head(RunnerScript script)
    {
        var options = new SmtpServerOptions
        {
            Listener = "test",
            Hostname = "mail.example.com",
            Tls = SmtpTlsMode.None,
            TlsOptions = TestCertificates.ServerOptions,
        };
        foreach (var step in script.Head)
        {
            var words = step.Arguments.Split(' ');
            switch (step.Text)
            {
                case "option":
                    options = Option(options, words[0], words[1]);
                    break;
                case "user":
                    _policy.Users[words[0]] = words[1];
                    break;
                case "certificate":
                    Certify(words[0]);
                    break;
                case "refuse":
                    _policy.Refusals[words[0]] = Reply(words[1..]);
                    break;
                case "refuse-connect":
                    _policy.ConnectRefusal = Reply(words);
                    break;
                case "policy":
                    _policy.Failure = new InvalidOperationException("the policy was told to fail");
                    break;
                case "sink":
                    Sink(words);
                    break;
                case "inbound":
                case "only" when words[0] == "whole":
                    break;
                default:
                    throw new FormatException($"{script.Path}:{step.Line}: @{step.Text} is not for the head");
            }
        }

        return options;
    }

    private InboundDoor? Inbound(RunnerScript script) =>
        script.Head.FirstOrDefault(step => step.Text == "inbound")?.Arguments.Split(' ') is [var domain, var octets]
            ? new InboundDoor(DomainName.Parse(domain), long.Parse(octets, CultureInfo.InvariantCulture), _sink)
            : null;

    private static SmtpServerOptions Option(SmtpServerOptions options, string name, string value)
    {
        var limits = options.Limits;
        int Number() => int.Parse(value, CultureInfo.InvariantCulture);
        return name switch
        {
            "tls" => options with { Tls = Enum.Parse<SmtpTlsMode>(value, ignoreCase: true) },
            "auth" => options with { RequiresAuthentication = value == "required" },
            "client_certificates" => options with { ClientCertificates = () => new ClientCertificateRules(value == "require", []) },
            "bare_line_endings" => options with { Limits = limits with { ConvertsBareLineEndings = value == "convert" } },
            "exempt" => options with { AuthenticationExempt = session => session.Peer.Address.ToString() == value },
            "max_message_size" => options with { Limits = limits with { MaxMessageSizeBytes = Number() } },
            "max_recipients" => options with { Limits = limits with { MaxRecipients = Number() } },
            "max_errors" => options with { Limits = limits with { MaxErrors = Number() } },
            "max_transactions" => options with { Limits = limits with { MaxTransactions = Number() } },
            "max_auth_failures" => options with { Limits = limits with { MaxAuthFailures = Number() } },
            "max_command_line" => options with { Limits = limits with { MaxCommandLineBytes = Number() } },
            "max_auth_line" => options with { Limits = limits with { MaxAuthLineBytes = Number() } },
            "max_connections" => options with { Limits = limits with { MaxConnections = Number() } },
            "max_connections_per_address" => options with { Limits = limits with { MaxConnectionsPerAddress = Number() } },
            "max_hold" => options with { Extensions = options.Extensions with { MaxHold = RunnerScript.ParseDuration(value) } },
            "requiretls" => options with { Extensions = options.Extensions with { RequireTls = value == "on" } },
            "greeting_delay" => options with { Limits = limits with { GreetingDelay = RunnerScript.ParseDuration(value) } },
            "max_connections_per_network" => options with { Limits = limits with { MaxConnectionsPerNetwork = Number() } },
            "proxy" => options with { IsProxy = address => address.ToString() == value },
            "connection_deadline" => options with { Limits = limits with { ConnectionDeadline = RunnerScript.ParseDuration(value) } },
            _ => throw new FormatException($"{name} is not an option"),
        };
    }

    private void Certify(string login)
    {
        _certificate = TestCertificates.Client;
        if (login != "-")
        {
            _policy.Certificates[Convert.ToHexStringLower(_certificate.GetCertHash(HashAlgorithmName.SHA256))] = login;
        }
    }

    private void Sink(string[] words)
    {
        switch (words[0])
        {
            case "refuse":
                _sink.Refusal = Reply(words[1..]);
                break;
            case "reply":
                _sink.Reply = Reply(words[1..]);
                break;
            case "fail-write":
                _sink.WriteFailure = new IOException("the sink was told to fail");
                break;
            case "fail-commit":
                _sink.CommitFailure = new IOException("the sink was told to fail");
                break;
            case "fail-begin":
                _sink.BeginFailure = new IOException("the sink was told to fail");
                break;
            default:
                throw new FormatException($"{words[0]} is nothing a sink can be told");
        }
    }

    private static SmtpReply Reply(string[] words) =>
        SmtpReply.Of(int.Parse(words[0], CultureInfo.InvariantCulture), words[1], string.Join(' ', words[2..]));

    private async Task PlayAsync(RunnerStep step)
    {
        switch (step.Kind)
        {
            case RunnerStepKind.Client:
                _told.Append("C: ").AppendLine(step.Text);
                _pending.Add(step.Bytes);
                break;
            case RunnerStepKind.Server:
                await SendPendingAsync();
                await ExpectAsync(step);
                break;
            default:
                await SendPendingAsync();
                await ActAsync(step);
                break;
        }
    }

    private async Task SendPendingAsync()
    {
        if (_pending.Count > 0)
        {
            await _stream.WriteAsync([.. _pending]);
            _pending.Clear();
        }
    }

    private async Task ExpectAsync(RunnerStep step)
    {
        var line = await NextLineAsync();
        Check(line is not null && RunnerMatch.Is(step.Text, line), step, line);
        while (RunnerMatch.IsManyLines(step.Text))
        {
            line = await NextLineAsync();
            if (line is null || !RunnerMatch.Is(step.Text, line))
            {
                _pushedBack = line;
                return;
            }
        }
    }

    private async Task<string?> NextLineAsync()
    {
        var line = _pushedBack ?? await _stream.ReadLineAsync();
        if (_pushedBack is null)
        {
            _told.Append("S: ").AppendLine(line ?? "(closed)");
        }

        _pushedBack = null;
        return line;
    }

    private async Task ExpectEndAsync(RunnerStep step)
    {
        var line = await NextLineAsync();
        Check(line is null, step, line);
    }

    private async Task ActAsync(RunnerStep step)
    {
        switch (step.Text)
        {
            case "advance":
                await _connection.ServerWaitsAsync().WaitAsync(Patience);
                _time.Advance(RunnerScript.ParseDuration(step.Arguments));
                break;
            case "stop":
                await _connection.ServerWaitsAsync().WaitAsync(Patience);
                _handler.BeginStop();
                break;
            case "tls":
                await StartTlsAsync();
                break;
            case "close":
                await _connection.Client.Output.CompleteAsync();
                break;
            case "closed":
                await ExpectEndAsync(step);
                break;
            case "messages":
                Assert.Equal(int.Parse(step.Arguments, CultureInfo.InvariantCulture), _sink.Messages.Count);
                break;
            case "message":
                Assert.Equal(Visible(Content(step)), Visible(_sink.Messages[_messagesSeen++].Content));
                break;
            case "peer":
                Assert.Equal(step.Arguments, _sink.Messages[^1].Session.Peer.Address.ToString());
                break;
            case "size":
                Assert.Equal(int.Parse(step.Arguments, CultureInfo.InvariantCulture), _sink.Messages[^1].Content.Length);
                break;
            case "envelope":
                Assert.Equal(step.Arguments, Describe(_sink.Messages[^1].Envelope));
                break;
            case "session":
                var last = _sink.Messages[^1];
                Assert.Equal(step.Arguments, $"{last.Session.ProtocolKeyword(last.Envelope.SmtpUtf8)} {last.Session.HelloName} {last.Session.Login ?? "-"}");
                break;
            default:
                throw new FormatException($"{_script.Path}:{step.Line}: @{step.Text} is not known");
        }
    }

    private async Task StartTlsAsync()
    {
        Assert.False(_stream.HasBuffered, "the server sent something behind its 220");
        var tls = new SslStream(_stream.Stream, leaveInnerStreamOpen: true, (_, certificate, _, _) =>
            certificate?.GetCertHashString() == TestCertificates.Server.GetCertHashString());
        var own = _certificate is null ? null : new X509CertificateCollection { _certificate };
        await tls.AuthenticateAsClientAsync("mail.example.com", own, checkCertificateRevocation: false).WaitAsync(Patience);
        _stream.Replace(tls);
    }

    private byte[] Content(RunnerStep step) => step.Arguments.StartsWith('"')
        ? RunnerScript.Unescape(step.Arguments[1..^1])
        : File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(_script.Path)!, step.Arguments));

    private static string Visible(byte[] content) =>
        Encoding.Latin1.GetString(content).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Describe(Envelope envelope) =>
        $"<{envelope.ReversePath}> {string.Join(' ', envelope.Recipients.Select(Describe))}"
        + (envelope.BodyType == BodyType.EightBitMime ? " 8BITMIME" : "")
        + (envelope.SmtpUtf8 ? " SMTPUTF8" : "")
        + (envelope.RequireTls ? " REQUIRETLS" : "")
        + (envelope.Return != DsnReturn.Unspecified ? $" RET={envelope.Return}" : "")
        + (envelope.EnvelopeId is { } id ? $" ENVID={id}" : "")
        + (envelope.NotBefore is { } time ? $" WAITS={(time - new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds}" : "");

    private static string Describe(EnvelopeRecipient recipient) =>
        $"<{recipient.Mailbox}>"
        + (recipient.Notify != DsnNotify.Unspecified ? $" NOTIFY={recipient.Notify.ToString().Replace(" ", "", StringComparison.Ordinal)}" : "")
        + (recipient.OriginalRecipient is { } original ? $" ORCPT={original}" : "");

    private void Check(bool condition, RunnerStep step, string? got) => Assert.True(
        condition,
        $"{Path.GetFileName(_script.Path)}:{step.Line} ({_pace}): expected '{step.Text}', got '{got ?? "(closed)"}'\n{_told}");
}
