using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EventLogFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Writes_lines_and_keeps_as_many_files_as_it_may()
    {
        var path = Path.Combine(_folder.Path, "events.log");
        await using (var log = new EventLogFile(path, maxBytes: 400, files: 3, NullLogger<EventLogFile>.Instance))
        {
            for (var i = 1; i <= 20; i++)
            {
                await log.FollowAsync([Event(i)]);
            }
        }

        Assert.Equal(["events.log", "events.log.1", "events.log.2"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var last = (await File.ReadAllLinesAsync(path))[^1];
        Assert.StartsWith("{\"sequence\":20,", last, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"delivered\"", last, StringComparison.Ordinal);
        Assert.DoesNotContain("secret talk", last, StringComparison.Ordinal);
    }

    private static DeliveryEvent Event(long sequence) => new()
    {
        Sequence = sequence,
        Kind = DeliveryEventKind.Delivered,
        At = DateTimeOffset.UnixEpoch,
        MessageId = QueueId.New(DateTimeOffset.UnixEpoch),
        Recipient = "a@example.net",
        Conversation = "secret talk",
    };
}
