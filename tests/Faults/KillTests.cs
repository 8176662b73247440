using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Faults;

/// <summary>What was answered 250 arrives, whenever the process dies; what arrives twice was under way when it died.</summary>
public sealed partial class KillTests(ITestOutputHelper output)
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
        var doubted = new Dictionary<int, int>();
        for (var cycle = 1; cycle <= Cycles; cycle++)
        {
            load.Cycle = cycle;
            await relay.StartAsync();
            doubted[cycle - 1] = await InDoubtAsync(relay);
            var sending = load.SendAsync(relay.SmtpPort, Senders, CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300, 1000)), TimeProvider.System);
            await relay.KillAsync();
            await sending;
            await HasReadAllAsync(sink);
        }

        var elapsed = TimeProvider.System.GetElapsedTime(started);
        load.Cycle = Cycles + 1;
        await relay.StartAsync();
        doubted[Cycles] = await InDoubtAsync(relay);
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(120));

        var lost = load.Lost();
        var repeated = load.RepeatsByKill();
        output.WriteLine(
            $"{Cycles} kills in {elapsed.TotalSeconds:0} s: {load.Acknowledged} answered 250, {load.ArrivedCount} arrived, {lost.Count} lost, "
            + $"{repeated.Values.Sum()} repeated, at most {repeated.Values.DefaultIfEmpty().Max()} by one kill (bound {DeliveryConnections}), "
            + $"{doubted.Values.Sum()} in doubt by the hand-off journal");
        Assert.True(load.Acknowledged > Cycles, $"seed {seed}: only {load.Acknowledged} messages were accepted, that is no load");
        Assert.True(lost.Count == 0, $"seed {seed}: lost {string.Join(' ', lost)}");
        Assert.True(load.RepeatedWithoutKill() == 0, $"seed {seed}: {load.RepeatedWithoutKill()} arrived twice within the life of one process");
        Assert.All(repeated, kill => Assert.True(kill.Value <= DeliveryConnections, $"seed {seed}: kill {kill.Key} repeated {kill.Value} messages"));
        Assert.All(repeated, kill => Assert.True(
            kill.Value <= doubted[kill.Key], $"seed {seed}: kill {kill.Key} repeated {kill.Value} messages, of which the journal knew {doubted[kill.Key]} to be in doubt"));
    }

    [Fact]
    public async Task Repeats_nothing_where_mail_in_doubt_is_held_and_loses_nothing_when_it_is_let_go()
    {
        const int Kills = 12;
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var load = new Load();
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Message = load.Arrived });
        await using var relay = new RelayProcess();
        relay.Configure(Settings(sink));
        var configuration = await File.ReadAllTextAsync(relay.ConfigFile);
        await File.WriteAllTextAsync(relay.ConfigFile, configuration.Replace("[delivery]\n", "[delivery]\non_unknown = \"hold\"\n", StringComparison.Ordinal));
        for (var cycle = 1; cycle <= Kills; cycle++)
        {
            load.Cycle = cycle;
            await relay.StartAsync();
            var sending = load.SendAsync(relay.SmtpPort, Senders, CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300, 1000)), TimeProvider.System);
            await relay.KillAsync();
            await sending;
            await HasReadAllAsync(sink);
        }

        load.Cycle = Kills + 1;
        await relay.StartAsync();
        await Poll.UntilAsync("only held mail is left", async () => Open(await relay.CountsAsync()) == 0, TimeSpan.FromSeconds(120));
        var held = (await relay.CountsAsync()).GetValueOrDefault("held");
        var missing = load.Lost().Count;
        output.WriteLine($"{load.Acknowledged} answered 250, {load.ArrivedCount} arrived, {held} held, {missing} of those answered 250 have not arrived");

        Assert.Equal(load.ArrivedCount, load.Arrivals);
        Assert.True(missing <= held, $"seed {seed}: {missing} have not arrived and only {held} are held");
        using var released = await relay.PostAsync("/admin/v1/queue/release", new { all = true });
        Assert.True(released.IsSuccessStatusCode, await released.Content.ReadAsStringAsync());
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(load.Lost());
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

    private static long Open(Dictionary<string, long> counts) =>
        counts.Where(state => state.Key is "scheduled" or "ready" or "leased" or "deferred").Sum(state => state.Value);

    /// <summary>What the killed process had sent counts as its own, even where the sink comes to read it late.</summary>
    private static Task HasReadAllAsync(SmtpSink sink) => Poll.UntilAsync("the sink has read to the end", () => sink.OpenConnections == 0);

    /// <summary>How many the process that just started found in doubt.</summary>
    private static async Task<int> InDoubtAsync(RelayProcess relay)
    {
        await Poll.UntilAsync("delivery has started", () => relay.Output.Contains("Delivery started", StringComparison.Ordinal));
        var told = Told().Match(relay.Output);
        return told.Success ? int.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"of (\d+) it is unknown")]
    private static partial Regex Told();

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

        /// <summary>With those that came again.</summary>
        public int Arrivals => _arrivals.Values.Sum(cycles => cycles.Count);

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
