using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class WriterUpkeepTests
{
    private static readonly StorageMetrics Metrics = new();

    [Fact]
    public void A_disk_that_becomes_full_is_told_once()
    {
        using var folder = new TemporaryFolder();
        var log = new CollectingLogger<WriterUpkeepTests>();
        var path = folder.File("full.db");
        using var connection = SqliteConnection.OpenWriter(path, 1024 * 1024);
        using var upkeep = new WriterUpkeep(new WriterOptions { Name = "full", Path = path, MinFreeDiskBytes = long.MaxValue }, connection, log, Metrics);
        for (var i = 0; i < 20; i++)
        {
            upkeep.Tick();
        }

        Assert.Contains("MiB are free", upkeep.Health.Current.Reason, StringComparison.Ordinal);
        Assert.Contains("The disk of full.db is nearly full: Only ", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Health_tells_when_the_disk_turns()
    {
        var health = new MediumHealth();
        Assert.Equal([false, true, false, true], new[] { null, "1 MiB", "2 MiB", null }.Select(health.LowDisk));
    }

    [Fact]
    public void A_checkpoint_that_cannot_open_the_database_is_a_fault_and_the_next_one_is_tried()
    {
        using var folder = new TemporaryFolder();
        var missing = folder.File("missing");
        using var checkpointer = new Checkpointer(Path.Combine(missing, "test.db"), "test");
        Assert.NotNull(Pass(checkpointer).Fault);

        Directory.CreateDirectory(missing);
        using var writer = SqliteConnection.OpenWriter(Path.Combine(missing, "test.db"), 1024 * 1024);
        writer.Execute("CREATE TABLE t (x INTEGER)");
        Assert.True(Pass(checkpointer).IsComplete);
    }

    private static CheckpointPass Pass(Checkpointer checkpointer)
    {
        Assert.True(checkpointer.TryStart());
        checkpointer.Wait();
        return checkpointer.TakeResult()!;
    }
}
