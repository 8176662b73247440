using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Relay.Tests.Support;

/// <summary>One connection of a <see cref="SmtpSink"/>.</summary>
internal sealed class SinkSession(Socket socket, int number, SmtpSinkOptions options, CancellationToken stop) : IAsyncDisposable
{
    private readonly IPAddress _client = ((IPEndPoint)socket.RemoteEndPoint!).Address;
    private readonly byte[] _input = new byte[64 * 1024];
    private readonly MemoryStream _chunks = new();
    private readonly List<string> _recipients = [];
    private readonly List<string> _recipientParameters = [];
    private Stream _stream = new NetworkStream(socket, ownsSocket: true);
    private string _hello = string.Empty;
    private string? _login;
    private string? _reversePath;
    private string _mailParameters = string.Empty;
    private bool _isEncrypted;
    private int _start;
    private int _end;

    public required Action TransactionBegun { get; init; }

    public required Action<SinkMessage> MessageTaken { get; init; }

    public async Task RunAsync()
    {
        if (options is { ImplicitTls: true, Certificate: not null })
        {
            await UpgradeAsync();
        }

        await MisbehaveAsync(SinkStep.Connect);
        var greeting = options.Greeting?.Invoke(number) ?? $"220 {options.Hostname} ESMTP";
        await ReplyAsync(greeting);
        if (!greeting.StartsWith('2'))
        {
            return;
        }

        while (await ReadLineAsync() is { } line)
        {
            var text = Encoding.UTF8.GetString(line.AsSpan().TrimEnd("\r\n"u8));
            if (!await ObeyAsync(text))
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _chunks.DisposeAsync();
        await _stream.DisposeAsync();
    }

    // False when the connection ends.
    private async Task<bool> ObeyAsync(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var verb = (space < 0 ? line : line[..space]).ToUpperInvariant();
        var rest = space < 0 ? string.Empty : line[(space + 1)..];
        switch (verb)
        {
            case "EHLO" or "HELO":
                await MisbehaveAsync(SinkStep.Hello);
                await ReplyAsync(Hello(verb, rest));
                return true;
            case "STARTTLS":
                await MisbehaveAsync(SinkStep.StartTls);
                return await StartTlsAsync();
            case "AUTH":
                await AuthenticateAsync(rest);
                return true;
            case "MAIL":
                await MisbehaveAsync(SinkStep.Mail);
                return await ContinueAsync(Mail(rest));
            case "RCPT":
                await MisbehaveAsync(SinkStep.Recipient);
                return await ContinueAsync(Recipient(rest));
            case "DATA":
                await MisbehaveAsync(SinkStep.Data);
                return await DataAsync();
            case "BDAT":
                return await ChunkAsync(rest.Split(' '));
            case "RSET":
                await MisbehaveAsync(SinkStep.Reset);
                Forget();
                return await ContinueAsync("250 2.0.0 reset");
            case "NOOP":
                return await ContinueAsync("250 2.0.0 ok");
            case "QUIT":
                await MisbehaveAsync(SinkStep.Quit);
                await ReplyAsync("221 2.0.0 bye");
                return false;
            default:
                return await ContinueAsync("500 5.5.2 unknown command");
        }
    }

    // A scripted 421 also closes.
    private async Task<bool> ContinueAsync(string reply)
    {
        await ReplyAsync(reply);
        return !reply.StartsWith("421", StringComparison.Ordinal);
    }

    private string Hello(string verb, string name)
    {
        _hello = name;
        Forget();
        if (verb == "HELO")
        {
            return "250 " + options.Hostname;
        }

        if (!options.KnowsEhlo)
        {
            return "502 5.5.1 unknown command";
        }

        List<string> words = [options.Hostname, .. options.Extensions];
        if (options is { Certificate: not null, ImplicitTls: false } && !_isEncrypted)
        {
            words.Add("STARTTLS");
        }

        if (options.Authenticate is not null)
        {
            words.Add("AUTH " + options.Mechanisms);
        }

        return string.Join('\n', words.Select((word, i) => (i == words.Count - 1 ? "250 " : "250-") + word));
    }

    private async Task<bool> StartTlsAsync()
    {
        if (options.Certificate is null || _isEncrypted)
        {
            return await ContinueAsync("502 5.5.1 not offered");
        }

        await ReplyAsync("220 2.0.0 go ahead");
        await UpgradeAsync();
        _hello = string.Empty;
        Forget();
        return true;
    }

    private async Task UpgradeAsync()
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = options.Certificate }, stop);
        _isEncrypted = true;
    }

    private async Task AuthenticateAsync(string rest)
    {
        var words = rest.Split(' ');
        string login, password;
        switch (words[0].ToUpperInvariant())
        {
            case "PLAIN":
                var parts = Decode(words.Length > 1 ? words[1] : await ChallengeAsync(string.Empty)).Split('\0');
                (login, password) = parts.Length == 3 ? (parts[1], parts[2]) : (string.Empty, string.Empty);
                break;
            case "LOGIN":
                login = Decode(words.Length > 1 ? words[1] : await ChallengeAsync("VXNlcm5hbWU6"));
                password = Decode(await ChallengeAsync("UGFzc3dvcmQ6"));
                break;
            case "XOAUTH2":
                var fields = Decode(words.Length > 1 ? words[1] : await ChallengeAsync(string.Empty)).Split('\u0001');
                (login, password) = (fields[0]["user=".Length..], fields[1]["auth=Bearer ".Length..]);
                if (options.Authenticate?.Invoke(login, password) != true)
                {
                    await ChallengeAsync("eyJzdGF0dXMiOiI0MDEifQ==");
                }

                break;
            default:
                await ReplyAsync("504 5.5.4 unknown mechanism");
                return;
        }

        var isKnown = options.Authenticate?.Invoke(login, password) == true;
        _login = isKnown ? login : null;
        await ReplyAsync(isKnown ? "235 2.7.0 welcome" : "535 5.7.8 not you");
    }

    private async Task<string> ChallengeAsync(string challenge)
    {
        await ReplyAsync("334 " + challenge);
        var line = await ReadLineAsync() ?? throw new IOException("the client left during AUTH");
        return Encoding.ASCII.GetString(line).TrimEnd();
    }

    private static string Decode(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private string Mail(string rest)
    {
        if (_reversePath is not null)
        {
            return "503 5.5.1 nested MAIL";
        }

        if (!TrySplitPath(rest, "FROM:", out var path, out var parameters))
        {
            return "501 5.5.4 syntax error";
        }

        var reply = options.Mail?.Invoke(path) ?? "250 2.1.0 ok";
        if (reply.StartsWith('2'))
        {
            (_reversePath, _mailParameters) = (path, parameters);
            TransactionBegun();
        }

        return reply;
    }

    private string Recipient(string rest)
    {
        if (_reversePath is null)
        {
            return "503 5.5.1 need MAIL";
        }

        if (!TrySplitPath(rest, "TO:", out var path, out var parameters))
        {
            return "501 5.5.4 syntax error";
        }

        var reply = options.Recipient?.Invoke(path) ?? "250 2.1.5 ok";
        if (reply.StartsWith('2'))
        {
            _recipients.Add(path);
            _recipientParameters.Add(parameters);
        }

        return reply;
    }

    private async Task<bool> DataAsync()
    {
        var usual = _reversePath is null ? "503 5.5.1 need MAIL" : _recipients.Count == 0 ? "554 5.5.1 no valid recipients" : "354 go on";
        var reply = options.Data?.Invoke(_recipients.Count) ?? usual;
        await ReplyAsync(reply);
        if (!reply.StartsWith('3'))
        {
            return !reply.StartsWith("421", StringComparison.Ordinal);
        }

        return await FinishAsync(await ReadContentAsync(), isChunked: false);
    }

    private async Task<bool> FinishAsync(byte[] content, bool isChunked)
    {
        var message = new SinkMessage
        {
            IsChunked = isChunked,
            Connection = number,
            Hello = _hello,
            ReversePath = _reversePath ?? string.Empty,
            MailParameters = _mailParameters,
            Recipients = [.. _recipients],
            RecipientParameters = [.. _recipientParameters],
            Content = content,
            IsEncrypted = _isEncrypted,
            Login = _login,
            Client = _client,
        };
        if (!isChunked)
        {
            await MisbehaveAsync(SinkStep.FinalDot);
        }

        Forget();
        var final = options.Message?.Invoke(message) ?? (message.Recipients.Count == 0 ? "554 5.5.1 no valid recipients" : "250 2.0.0 taken");
        if (final.StartsWith('2'))
        {
            MessageTaken(message);
        }

        return await ContinueAsync(final);
    }

    // The octets of a chunk are read before anything is said about it (RFC 3030 §2).
    private async Task<bool> ChunkAsync(string[] words)
    {
        var left = int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
        while (left > 0)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await _stream.ReadAsync(_input, stop);
                if (_end == 0)
                {
                    throw new IOException("the client left within a chunk");
                }
            }

            var length = Math.Min(left, _end - _start);
            _chunks.Write(_input.AsSpan(_start, length));
            _start += length;
            left -= length;
        }

        if (_recipients.Count == 0)
        {
            return await ContinueAsync("503 5.5.1 no valid recipients");
        }

        if (words is not [_, "LAST"])
        {
            return await ContinueAsync("250 2.0.0 go on");
        }

        await MisbehaveAsync(SinkStep.FinalDot);
        return await FinishAsync(_chunks.ToArray(), isChunked: true);
    }

    private async Task<byte[]> ReadContentAsync()
    {
        using var content = new MemoryStream();
        var isFirst = true;
        while (await ReadLineAsync() is { } line)
        {
            if (isFirst)
            {
                await MisbehaveAsync(SinkStep.Content);
                isFirst = false;
            }

            if (line is [(byte)'.', (byte)'\r', (byte)'\n'])
            {
                return content.ToArray();
            }

            content.Write(line.AsSpan(line[0] == '.' ? 1 : 0));
        }

        throw new IOException("the client left within the content");
    }

    private async Task MisbehaveAsync(SinkStep step)
    {
        if (options.Fault?.Invoke(number, step) is not { } fault)
        {
            return;
        }

        if (fault.Until is { } gate)
        {
            await gate.WaitAsync(stop);
        }

        if (fault.Drops)
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
            throw new IOException("dropped as scripted");
        }
    }

    private void Forget()
    {
        _reversePath = null;
        _mailParameters = string.Empty;
        _chunks.SetLength(0);
        _recipients.Clear();
        _recipientParameters.Clear();
    }

    private static bool TrySplitPath(string text, string keyword, out string path, out string parameters)
    {
        path = parameters = string.Empty;
        var close = text.LastIndexOf('>');
        if (!text.StartsWith(keyword + "<", StringComparison.OrdinalIgnoreCase) || close < 0)
        {
            return false;
        }

        path = text[(keyword.Length + 1)..close];
        parameters = text[(close + 1)..].Trim();
        return true;
    }

    private async Task ReplyAsync(string reply)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(reply.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n"), stop);
        await _stream.FlushAsync(stop);
    }

    // A line with its CRLF; a bare LF does not end it. Null at the end of the stream.
    private async Task<byte[]?> ReadLineAsync()
    {
        using var line = new MemoryStream();
        while (true)
        {
            var length = _input.AsSpan(_start, _end - _start).IndexOf((byte)'\n') + 1;
            line.Write(_input.AsSpan(_start, length == 0 ? _end - _start : length));
            _start = length == 0 ? _end : _start + length;
            if (length > 0 && EndsLine(line))
            {
                return line.ToArray();
            }

            if (_start < _end)
            {
                continue;
            }

            _start = 0;
            _end = await _stream.ReadAsync(_input, stop);
            if (_end == 0)
            {
                return null;
            }
        }
    }

    private static bool EndsLine(MemoryStream line) =>
        line.Length >= 2 && line.GetBuffer().AsSpan(0, (int)line.Length).EndsWith("\r\n"u8);
}
