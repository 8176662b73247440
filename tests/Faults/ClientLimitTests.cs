using System.Globalization;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Faults;

/// <summary>Clients that are idle, slow, many or large cost bounded time and memory.</summary>
public sealed class ClientLimitTests(ITestOutputHelper output)
{
    private const int PerAddress = 200;
    private const int HugeBytes = 20 * 1024 * 1024;
    private const int HugeMessages = 4;
    private const long AllowedGrowthMiB = 150;

    [Fact]
    public async Task Answers_421_to_one_connection_too_many_of_an_address_and_stays_small()
    {
        await using var relay = await StartAsync();
        var before = await relay.MemoryMiBAsync("VmRSS");
        var idle = new List<SmtpSender>();
        try
        {
            while (idle.Count < PerAddress)
            {
                var sender = await SmtpSender.ConnectAsync(relay.SmtpPort);
                idle.Add(sender);
                Assert.StartsWith("220", sender.Greeting, StringComparison.Ordinal);
            }

            using (var refused = await SmtpSender.ConnectAsync(relay.SmtpPort))
            {
                Assert.StartsWith("421 4.7.0", refused.Greeting, StringComparison.Ordinal);
            }

            var growth = await relay.MemoryMiBAsync("VmRSS") - before;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{PerAddress} idle connections: {growth} MiB more"));
            Assert.InRange(growth, long.MinValue, AllowedGrowthMiB);

            // One leaves, another may come.
            idle[0].Dispose();
            await Poll.UntilAsync("there is room again", async () =>
            {
                using var next = await SmtpSender.ConnectAsync(relay.SmtpPort);
                return next.Greeting.StartsWith("220", StringComparison.Ordinal);
            });
        }
        finally
        {
            idle.ForEach(sender => sender.Dispose());
        }
    }

    [Fact]
    public async Task Streams_large_messages_in_bounded_memory()
    {
        var arrived = 0;
        await using var sink = SmtpSink.Start(new SmtpSinkOptions
        {
            Message = message =>
            {
                Interlocked.Increment(ref arrived);
                return null;
            },
        });
        await using var relay = await StartAsync(sink);
        await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("first"));
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(90));
        var before = await relay.MemoryMiBAsync("VmRSS");

        // At the same time, in and out.
        await Task.WhenAll(Enumerable.Range(0, HugeMessages).Select(i =>
            relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of($"huge-{i}", HugeBytes))));
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromMinutes(3));

        var growth = await relay.MemoryMiBAsync("VmHWM") - before;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{HugeMessages} messages of {HugeBytes >> 20} MiB: {growth} MiB more at most"));
        Assert.Equal(HugeMessages + 1, arrived);
        Assert.InRange(growth, long.MinValue, AllowedGrowthMiB);
    }

    [Fact]
    public async Task Cuts_off_clients_that_fall_silent()
    {
        // Each limit at a door of its own, so that a busy machine's slow commands do not meet the other one.
        var impatientPort = LoopbackPorts.Free();
        await using var relay = await StartAsync(
            listener: string.Create(CultureInfo.InvariantCulture, $"""
            data_timeout = "1s"

            [listener.impatient]
            endpoint = "127.0.0.1:{impatientPort}"
            command_timeout = "1s"
            """));
        using (var idle = await SmtpSender.ConnectAsync(impatientPort))
        {
            Assert.StartsWith("421 4.4.2", await idle.ReadReplyAsync(), StringComparison.Ordinal);
            await Assert.ThrowsAsync<IOException>(idle.ReadReplyAsync);
        }

        using var slow = await SmtpSender.ConnectAsync(relay.SmtpPort);
        await slow.CommandAsync("EHLO client.example.com");
        Assert.StartsWith("354", await slow.BeginDataAsync("sender@origin.test", ["someone@destination.test"]), StringComparison.Ordinal);
        await slow.WriteAsync("Subject: never finished\r\n"u8.ToArray());
        Assert.StartsWith("421 4.4.2", await slow.ReadReplyAsync(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(slow.ReadReplyAsync);
        var queue = await relay.GetAsync("/admin/v1/queue");
        Assert.Equal(0, queue.GetProperty("entries").GetArrayLength());
    }

    private static async Task<RelayProcess> StartAsync(SmtpSink? sink = null, string listener = "")
    {
        var relay = new RelayProcess();
        try
        {
            relay.Configure(
                $"""
                [queue]
                min_free_disk = "0"

                [route."*"]
                smarthost = "127.0.0.1:{sink?.Port ?? 1}"
                tls = "none"
                """,
                listener: listener);
            await relay.StartAsync();
            return relay;
        }
        catch
        {
            await relay.DisposeAsync();
            throw;
        }
    }
}
