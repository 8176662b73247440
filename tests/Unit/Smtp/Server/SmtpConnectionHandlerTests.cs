using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SmtpConnectionHandlerTests : IDisposable
{
    private readonly SmtpMetrics _metrics = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Refuses_a_host_name_that_is_none() =>
        Assert.Throws<ArgumentException>(() => NewHandler(Options() with { Hostname = "not a host" }));

    [Fact]
    public void Refuses_implicit_tls_without_a_certificate() =>
        Assert.Throws<ArgumentException>(() => NewHandler(Options() with { Tls = SmtpTlsMode.Implicit, TlsOptions = null }));

    [Fact]
    public async Task Refuses_the_second_connection_of_a_network_and_takes_one_again_after_the_first_left()
    {
        var handler = NewHandler(Options() with { Limits = new SmtpServerLimits { MaxConnectionsPerAddress = 1 } });
        await using var first = new InMemoryConnection(IPAddress.Parse("2001:db8::1"));
        var serving = first.ServeAsync(handler);
        Assert.StartsWith("220 ", await ReadAsync(first), StringComparison.Ordinal);
        Assert.Equal(1, handler.ActiveSessions);

        await using var second = new InMemoryConnection(IPAddress.Parse("2001:db8::2"));
        await second.ServeAsync(handler);
        Assert.StartsWith("421 4.7.0 ", await ReadAsync(second), StringComparison.Ordinal);

        await first.Client.Output.CompleteAsync();
        await serving;
        Assert.Equal(0, handler.ActiveSessions);
        await using var third = new InMemoryConnection(IPAddress.Parse("2001:db8::3"));
        var servingThird = third.ServeAsync(handler);
        Assert.StartsWith("220 ", await ReadAsync(third), StringComparison.Ordinal);
        await third.Client.Output.CompleteAsync();
        await servingThird;
    }

    [Fact]
    public async Task New_connections_are_refused_while_stopping()
    {
        var handler = NewHandler(Options());
        handler.BeginStop();
        await using var connection = new InMemoryConnection();
        await connection.ServeAsync(handler);
        Assert.StartsWith("421 4.3.2 ", await ReadAsync(connection), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_let_go_after_the_command_timeout()
    {
        var handler = NewHandler(Options() with { Limits = new SmtpServerLimits { ConnectionDeadline = TimeSpan.FromDays(30) } });
        await using var connection = new InMemoryConnection(clientBufferBytes: 16);
        var serving = connection.ServeAsync(handler);
        await Poll.UntilAsync("the client is let go", () =>
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            return serving.IsCompleted;
        });

        await serving;
        Assert.Equal(0, handler.ActiveSessions);
    }

    [Fact]
    public async Task Counts_connections_commands_and_messages()
    {
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == SmtpMetrics.MeterName)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.ToArray().Contains(new KeyValuePair<string, object?>("listener", "counted")))
            {
                lock (seen)
                {
                    seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value;
                }
            }
        });
        listener.Start();
        using var metrics = new SmtpMetrics();
        var handler = new SmtpConnectionHandler(
            Options() with { Listener = "counted" }, new ScriptedPolicy(), new CollectingSink(), _time, metrics, NullLogger<SmtpConnectionHandler>.Instance);
        await using var connection = new InMemoryConnection();
        var serving = connection.ServeAsync(handler);
        await connection.Client.Output.WriteAsync(
            "EHLO c.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nabc\r\n.\r\nQUIT\r\n"u8.ToArray());
        await serving;
        Assert.Equal(1, seen["relay.smtp.connections"]);
        Assert.Equal(0, seen["relay.smtp.sessions_active"]);
        Assert.Equal(5, seen["relay.smtp.commands"]);
        Assert.Equal(1, seen["relay.smtp.messages"]);
        Assert.Equal(5, seen["relay.smtp.content"]);
    }

    /// <summary>Programs that watch logs for guessed passwords need the client's address in the very line.</summary>
    [Fact]
    public async Task The_log_says_who_was_refused_where_and_how()
    {
        var log = new CollectingLogger<SmtpConnectionHandler>();
        var policy = new ScriptedPolicy { OffersAuthenticationInClear = true, Users = { ["alice"] = "secret" } };
        var handler = new SmtpConnectionHandler(Options(), policy, new CollectingSink(), _time, _metrics, log);
        await using var connection = new InMemoryConnection();
        await connection.Client.Output.WriteAsync("EHLO c.example\r\nAUTH PLAIN AGFsaWNlAGd1ZXNzZWQ=\r\nQUIT\r\n"u8.ToArray());
        await connection.ServeAsync(handler);

        var full = new SmtpConnectionHandler(
            Options() with { Limits = new SmtpServerLimits { MaxConnections = 0 } }, policy, new CollectingSink(), _time, _metrics, log);
        await using var refused = new InMemoryConnection();
        await refused.ServeAsync(full);

        Assert.Contains("Login from 192.0.2.77:40000 at listener test failed with PLAIN: 535 5.7.8 Authentication credentials invalid", log.Lines);
        Assert.Contains("Connection from 192.0.2.77:40000 to listener test refused: total_limit", log.Lines);
        Assert.DoesNotContain(log.Lines, line => line.Contains("guessed", StringComparison.Ordinal) || line.Contains("AGFsaWNl", StringComparison.Ordinal));
    }

    private static SmtpServerOptions Options() => new()
    {
        Listener = "test",
        Hostname = "mail.example.com",
        TlsOptions = TestCertificates.ServerOptions,
    };

    private static async Task<string> ReadAsync(InMemoryConnection connection)
    {
        var read = await connection.Client.Input.ReadAsync();
        var text = Encoding.ASCII.GetString(read.Buffer);
        connection.Client.Input.AdvanceTo(read.Buffer.End);
        return text;
    }

    private SmtpConnectionHandler NewHandler(SmtpServerOptions options) =>
        new(options, new ScriptedPolicy(), new CollectingSink(), _time, _metrics, NullLogger<SmtpConnectionHandler>.Instance);
}
