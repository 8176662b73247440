using System.Collections.Concurrent;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Whole sessions on senseless input: every one ends, none by an exception, and what comes back is SMTP.</summary>
public sealed class SmtpSessionFuzz
{
    private static readonly string[] Phrases =
    [
        "BDAT 3\r\n", "BDAT 0 LAST\r\n", "BDAT 5 LAST\r\n", "ab\r\n", "RCPT TO:<c@example.net> NOTIFY=NEVER ORCPT=rfc822;c+2B@example.net\r\n",
        "MAIL FROM:<a@example.com> RET=HDRS ENVID=x HOLDFOR=9\r\n", "EHLO c.example\r\n", "HELO c.example\r\n", "MAIL FROM:<a@example.com>\r\n", "MAIL FROM:<> SIZE=10\r\n", "RCPT TO:<b@example.net>\r\n",
        "RCPT TO:<postmaster>\r\n", "DATA\r\n", "x\r\n", ".\r\n", "\r\n.\r\n", "..\r\n", "RSET\r\n", "NOOP\r\n", "VRFY x\r\n", "AUTH PLAIN\r\n",
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", "AUTH LOGIN\r\n", "YWxpY2U=\r\n", "c2VjcmV0\r\n", "*\r\n", "STARTTLS\r\n", "FOO\r\n", "\r\n", "\n", "\r", "\0",
        "HELP\r\n", "QUIT\r\n", "GET / HTTP/1.1\r\n",
    ];

    [Fact]
    public void Senseless_command_sequences_are_answered_or_cut()
    {
        var cases =
            from phrases in Gen.Frequency((12, Gen.Elements(Phrases[..26])), (1, Gen.Elements(Phrases))).ListOf()
            from cut in Gen.Choose(1, 40)
            select (Wire: Encoding.Latin1.GetBytes(string.Concat(phrases)), Cut: cut);
        Prop.ForAll(cases.ToArbitrary(), c => Play(c.Wire, c.Cut)).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
    }

    [Fact]
    public void Random_bytes_are_answered_or_cut()
    {
        var cases =
            from bytes in ArbMap.Default.GeneratorFor<byte[]>()
            from greeted in Gen.Elements(true, false)
            from cut in Gen.Choose(1, 40)
            select (Wire: greeted ? [.. "EHLO c.example\r\n"u8, .. bytes] : bytes, Cut: cut);
        Prop.ForAll(cases.ToArbitrary(), c => Play(c.Wire, c.Cut)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static bool Play(byte[] wire, int cut) => PlayAsync(wire, cut).WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();

    private static async Task<bool> PlayAsync(byte[] wire, int cut)
    {
        using var metrics = new SmtpMetrics();
        var log = new TroubleLog();
        var policy = new ScriptedPolicy { OffersAuthenticationInClear = true };
        policy.Users["alice"] = "secret";
        var sink = new CollectingSink();
        var options = new SmtpServerOptions
        {
            Listener = "test",
            Hostname = "mail.example.com",
            TlsOptions = TestCertificates.ServerOptions,
            Extensions = new SmtpServerExtensions { MaxHold = TimeSpan.FromHours(1) },
            Limits = new SmtpServerLimits { MaxMessageSizeBytes = 100 },
        };
        var handler = new SmtpConnectionHandler(options, policy, sink, new ManualTimeProvider(), metrics, log);
        await using var connection = new InMemoryConnection();
        var serving = connection.ServeAsync(handler);
        for (var at = 0; at < wire.Length && !serving.IsCompleted; at += cut)
        {
            await connection.Client.Output.WriteAsync(wire.AsMemory(at, Math.Min(cut, wire.Length - at)));
        }

        await connection.Client.Output.CompleteAsync();
        var answer = await ReadAllAsync(connection);
        await serving;
        return log.Troubles.IsEmpty && sink.OpenWriters == 0 && handler.ActiveSessions == 0 && IsSmtp(answer);
    }

    private static async Task<string> ReadAllAsync(InMemoryConnection connection)
    {
        var text = new StringBuilder();
        while (true)
        {
            var read = await connection.Client.Input.ReadAsync();
            text.Append(Encoding.Latin1.GetString(read.Buffer));
            connection.Client.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return text.ToString();
            }
        }
    }

    // A handshake that began and failed may leave an alert behind the 220 of STARTTLS.
    private static bool IsSmtp(string answer)
    {
        var tls = answer.IndexOf("220 2.0.0 ", StringComparison.Ordinal);
        var smtp = tls < 0 ? answer : answer[..(answer.IndexOf('\n', tls) + 1)];
        return smtp.StartsWith("220 mail.example.com", StringComparison.Ordinal)
            && smtp.EndsWith("\r\n", StringComparison.Ordinal)
            && smtp.Split("\r\n")[..^1].All(line => line.Length is >= 4 and <= 510 && line[..3].All(char.IsAsciiDigit) && line[3] is ' ' or '-');
    }

    private sealed class TroubleLog : ILogger<SmtpConnectionHandler>
    {
        public ConcurrentQueue<string> Troubles { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                Troubles.Enqueue(formatter(state, exception) + exception);
            }
        }
    }
}
