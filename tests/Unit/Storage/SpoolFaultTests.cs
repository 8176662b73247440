using Microsoft.Win32.SafeHandles;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SpoolFaultTests : IAsyncLifetime
{
    private const int Large = 300 * 1024;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(100));
    private readonly FaultySync _sync = new();
    private readonly TemporaryStores _stores;

    public SpoolFaultTests() => _stores = new TemporaryStores(_time);

    private ISpool Spool => _stores.Stores.Spool;

    private string SpoolFolder => Path.Combine(_stores.Folder, "spool");

    public Task InitializeAsync() => _stores.OpenAsync(_sync);

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public async Task Syncs_the_file_before_its_folder()
    {
        _sync.Steps.Clear();
        await WriteLargeAsync();
        Assert.Equal(["file", "folder"], _sync.Steps);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Accepts_nothing_when_a_sync_fails(bool file)
    {
        _sync.FailFile = file;
        _sync.FailFolder = !file;
        await Assert.ThrowsAsync<SpoolException>(WriteLargeAsync);
        Assert.Empty(Files());
        Assert.False(Spool.Health.IsHealthy);
    }

    [Fact]
    public async Task Never_repeats_a_failed_commit()
    {
        await using var writer = Spool.Begin();
        await writer.WriteAsync(new byte[Large], None);
        _sync.FailFile = true;
        await Assert.ThrowsAsync<SpoolException>(async () => await writer.CommitAsync(1));
        _sync.FailFile = false;
        await Assert.ThrowsAsync<SpoolException>(async () => await writer.CommitAsync(1));
    }

    [Fact]
    public async Task Is_healthy_again_when_a_probe_works()
    {
        _sync.FailFile = true;
        await Assert.ThrowsAsync<SpoolException>(WriteLargeAsync);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Spool.Health.IsHealthy);
        _sync.FailFile = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Spool.Health.IsHealthy);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Deletes_what_was_not_committed()
    {
        await using (var writer = Spool.Begin())
        {
            await writer.WriteAsync(new byte[Large], None);
            Assert.Single(Files());
        }

        Assert.Empty(Files());
        Assert.True(Spool.Health.IsHealthy);
    }

    [Fact]
    public async Task Sweeps_abandoned_and_unknown_files_but_not_those_in_use()
    {
        var known = await WriteLargeAsync();
        var unknown = await WriteLargeAsync();
        await using var growing = Spool.Begin();
        await growing.WriteAsync(new byte[Large], None);
        await File.WriteAllTextAsync(Path.Combine(SpoolFolder, "tmp", "abandoned"), "x");
        Assert.Equal(2, await Spool.SweepAsync(name => ValueTask.FromResult(name == known), None));
        Assert.Equal(2, Files().Count);
        Assert.DoesNotContain(Files(), path => Path.GetFileName(path) == unknown);
        await growing.CommitAsync(1);
    }

    [Fact]
    public async Task Spares_files_younger_than_an_hour()
    {
        var young = await WriteLargeAsync();
        File.SetLastWriteTimeUtc(Files().Single(), _time.GetUtcNow().UtcDateTime.AddMinutes(-59));
        Assert.Equal(0, await Spool.SweepAsync(_ => ValueTask.FromResult(false), None));
        Assert.Equal(young, Path.GetFileName(Files().Single()));
    }

    [Fact]
    public async Task Deletes_the_file_when_retention_released_its_content()
    {
        await using var writer = Spool.Begin();
        await writer.WriteAsync(new byte[Large], None);
        var draft = Drafts.Message(_time.GetUtcNow(), RecipientState.Leased, "a@example.net") with { Content = await writer.CommitAsync(1) };
        var task = Assert.Single(await _stores.Stores.Queue.EnqueueAsync([draft]));
        await _stores.Stores.Queue.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, _time.GetUtcNow()));
        Assert.Single(Files());
        Assert.Equal(1, await _stores.Stores.Queue.ApplyRetentionAsync(new RetentionRules(), None));
        Assert.Empty(Files());
    }

    [Theory]
    [InlineData("../relay.db")]
    [InlineData("0123456789ABCDEF0123456789abcdef")]
    [InlineData("")]
    public async Task Opens_nothing_outside_the_spool(string name) =>
        await Assert.ThrowsAsync<SpoolException>(async () => await Spool.OpenAsync(new ContentReference(1, 1, 1, name), None));

    [Fact]
    public void Reports_the_error_of_a_real_sync()
    {
        var pipe = Path.Combine(_stores.Folder, "no-such-folder");
        Assert.Throws<IOException>(() => new FileSync().SyncFolder(pipe));
        using var closed = new SafeFileHandle(-1, ownsHandle: false);
        Assert.Throws<IOException>(() => new FileSync().SyncFile(closed));
    }

    private async Task<string> WriteLargeAsync()
    {
        await using var writer = Spool.Begin();
        await writer.WriteAsync(new byte[Large], None);
        return (await writer.CommitAsync(1)).FileName!;
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(SpoolFolder, "*", SearchOption.AllDirectories)];

    private sealed class FaultySync : FileSync
    {
        public bool FailFile { get; set; }

        public bool FailFolder { get; set; }

        public List<string> Steps { get; } = [];

        public override void SyncFile(SafeFileHandle file)
        {
            Steps.Add("file");
            if (FailFile)
            {
                throw new IOException("file not synced");
            }

            base.SyncFile(file);
        }

        public override void SyncFolder(string path)
        {
            Steps.Add("folder");
            if (FailFolder)
            {
                throw new IOException("folder not synced");
            }

            base.SyncFolder(path);
        }
    }
}
