using System.Collections.Concurrent;
using System.Net.Sockets;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Faults;

/// <summary>What was answered 250 arrives, whenever the process dies; what arrives twice was under way when it died.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Cycles = 50;
    private const int Senders = 12;
    private const int DeliveryConnections = 8;

    [Fact]
    public async Task Loses_nothing_and_repeats_little_over_fifty_kills_under_load()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var load = new Load();
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Message = load.Arrived });
        await using var relay = new RelayProcess();
        relay.Configure(Settings(sink));

        var started = TimeProvider.System.GetTimestamp();
        for (var cycle = 1; cycle <= Cycles; cycle++)
        {
            load.Cycle = cycle;
            await relay.StartAsync();
            var sending = load.SendAsync(relay.SmtpPort, Senders, CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300, 1000)), TimeProvider.System);
            await relay.KillAsync();
            await sending;
        }

        var elapsed = TimeProvider.System.GetElapsedTime(started);
        load.Cycle = Cycles + 1;
        await relay.StartAsync();
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(120));

        var lost = load.Lost();
        var repeated = load.RepeatsByKill();
        output.WriteLine(
            $"{Cycles} kills in {elapsed.TotalSeconds:0} s: {load.Acknowledged} answered 250, {load.ArrivedCount} arrived, {lost.Count} lost, "
            + $"{repeated.Values.Sum()} repeated, at most {repeated.Values.DefaultIfEmpty().Max()} by one kill (bound {DeliveryConnections})");
        Assert.True(load.Acknowledged > Cycles, $"seed {seed}: only {load.Acknowledged} messages were accepted, that is no load");
        Assert.True(lost.Count == 0, $"seed {seed}: lost {string.Join(' ', lost)}");
        Assert.True(load.RepeatedWithoutKill() == 0, $"seed {seed}: {load.RepeatedWithoutKill()} arrived twice within the life of one process");
        Assert.All(repeated, kill => Assert.True(kill.Value <= DeliveryConnections, $"seed {seed}: kill {kill.Key} repeated {kill.Value} messages"));
    }

    [Fact]
    public async Task Delivers_each_message_exactly_once_when_nobody_kills()
    {
        var load = new Load { Cycle = 1 };
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Message = load.Arrived });
        await using var relay = new RelayProcess();
        relay.Configure(Settings(sink));
        await relay.StartAsync();

        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await load.SendAsync(relay.SmtpPort, Senders, enough.Token);
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(60));

        Assert.NotEqual(0, load.Acknowledged);
        Assert.Empty(load.Lost());
        Assert.Equal(0, load.RepeatedWithoutKill());
        Assert.Equal(load.Acknowledged, load.ArrivedCount);
    }

    private static string Settings(SmtpSink sink) =>
        $"""
        [retry]
        schedule = ["1s"]

        [queue]
        min_free_disk = "0"

        [site."*"]
        max_connections = {DeliveryConnections}

        [route."*"]
        smarthost = "127.0.0.1:{sink.Port}"
        tls = "none"
        """;

    /// <summary>Who sent what, what was answered, and what arrived in the life of which process.</summary>
    private sealed class Load
    {
        private readonly ConcurrentDictionary<string, bool> _acknowledged = new();
        private readonly ConcurrentDictionary<string, ConcurrentQueue<int>> _arrivals = new();
        private volatile int _cycle;

        /// <summary>Number of the process that runs, from 1.</summary>
        public int Cycle
        {
            get => _cycle;
            set => _cycle = value;
        }

        public int Acknowledged => _acknowledged.Count;

        public int ArrivedCount => _arrivals.Count;

        public string? Arrived(SinkMessage message)
        {
            _arrivals.GetOrAdd(Letter.IdOf(message), _ => new ConcurrentQueue<int>()).Enqueue(_cycle);
            return null;
        }

        /// <summary>All senders send until the relay is gone or the token says so.</summary>
        public Task SendAsync(int port, int senders, CancellationToken stop) =>
            Task.WhenAll(Enumerable.Range(0, senders).Select(sender => SendUntilTheEndAsync(port, sender, stop)));

        public IReadOnlyList<string> Lost() => [.. _acknowledged.Keys.Where(id => !_arrivals.ContainsKey(id))];

        public int RepeatedWithoutKill() => _arrivals.Values.Sum(cycles => cycles.Count - cycles.Distinct().Count());

        /// <summary>An id that came again in a later process was under way at the kill of the earlier one.</summary>
        public Dictionary<int, int> RepeatsByKill() => _arrivals.Values
            .SelectMany(cycles => cycles.Distinct().Order().SkipLast(1))
            .GroupBy(cycle => cycle)
            .ToDictionary(kill => kill.Key, kill => kill.Count());

        // The first sender sends large messages, the others small ones of different sizes.
        private async Task SendUntilTheEndAsync(int port, int sender, CancellationToken stop)
        {
            try
            {
                using var connection = await SmtpSender.ConnectAsync(port);
                await connection.CommandAsync("EHLO client.example.com");
                for (var n = 0; !stop.IsCancellationRequested; n++)
                {
                    var id = $"{_cycle}-{sender}-{n}";
                    var size = sender == 0 ? Letter.LargeBytes : 500 * sender;
                    var reply = await connection.SendAsync("sender@origin.test", ["someone@destination.test"], Letter.Of(id, size));
                    if (!reply.StartsWith("250", StringComparison.Ordinal))
                    {
                        return;
                    }

                    _acknowledged[id] = true;
                }
            }
            catch (Exception end) when (end is IOException or SocketException)
            {
                // The relay was killed.
            }
        }
    }
}
