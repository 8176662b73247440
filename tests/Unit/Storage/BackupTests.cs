using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class BackupTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;
    private readonly string _target = Path.Combine(Path.GetTempPath(), "relay-backup-" + Guid.NewGuid().ToString("N"));

    public BackupTests() => _stores = new TemporaryStores(_time);

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(_target);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stores.DeleteAsync();
        Directory.Delete(_target, recursive: true);
    }

    [Fact]
    public async Task Copies_everything_accepted_before_while_mail_comes_and_goes()
    {
        var stores = await _stores.OpenAsync(change: options => options with { InlineLimitBytes = 64 });
        var before = new List<QueueId>();
        for (var i = 0; i < 50; i++)
        {
            before.Add(await EnqueueAsync(stores, i));
        }

        using var stop = new CancellationTokenSource();
        var coming = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await EnqueueAsync(stores, i);
            }
        });
        var going = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var task in await stores.Queue.LeaseDueAsync(QueueLane.Of("going.example.net"), 20, CancellationToken.None))
                {
                    await stores.Queue.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, _time.GetUtcNow()));
                }

                await stores.Queue.ApplyRetentionAsync(new RetentionRules(), CancellationToken.None);
            }
        });
        var contents = await stores.BackupAsync(_target, null, CancellationToken.None);
        await stop.CancelAsync();
        await Task.WhenAll(coming, going);
        Assert.True(contents.ContentFiles > 0);

        await using var copy = await RelayStores.OpenAsync(
            new StorageOptions { DataFolder = _target, MinFreeDiskBytes = 0 }, _time, NullLoggerFactory.Instance, CancellationToken.None);
        foreach (var id in before)
        {
            var found = await copy.Queue.FindAsync(id, CancellationToken.None);
            Assert.NotNull(found);
            if (found.HasContent)
            {
                await using var content = await copy.Spool.OpenAsync(found.Variants[0].Content, CancellationToken.None);
                using var reader = new StreamReader(content, Encoding.ASCII);
                Assert.Contains("Subject: large", await reader.ReadToEndAsync(), StringComparison.Ordinal);
            }
        }

        // Nothing the history has seen is numbered anew, and the outbox has what it has not.
        var cursor = await copy.HistoryObserver.CursorAsync(CancellationToken.None);
        Assert.NotEmpty(await copy.Outbox.ReadAsync(cursor, 10, CancellationToken.None));
    }

    [Fact]
    public async Task Lets_deletion_go_on_afterwards()
    {
        var stores = await _stores.OpenAsync(change: options => options with { InlineLimitBytes = 64 });
        await EnqueueAsync(stores, 2);
        await stores.BackupAsync(_target, null, CancellationToken.None);
        foreach (var task in await stores.Queue.LeaseDueAsync(QueueLane.Of("going.example.net"), 20, CancellationToken.None))
        {
            await stores.Queue.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, _time.GetUtcNow()));
        }

        Assert.Equal(1, await stores.Queue.ApplyRetentionAsync(new RetentionRules(), CancellationToken.None));

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_stores.Folder, "spool"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Breaks_off_before_the_write_ahead_log_fills_the_disk()
    {
        var stores = await _stores.OpenAsync(change: options => options with { MaxBackupWalBytes = -1 });
        await EnqueueAsync(stores, 1);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => stores.BackupAsync(_target, null, CancellationToken.None));

        Assert.Contains("write-ahead log", failure.Message, StringComparison.Ordinal);
        await EnqueueAsync(stores, 2);
    }

    private async Task<QueueId> EnqueueAsync(RelayStores stores, int number)
    {
        var draft = Drafts.Message(_time.GetUtcNow(), number % 2 == 0 ? "a@going.example.net" : "b@staying.example.net");
        if (number % 2 == 1 && number < 50)
        {
            draft = Drafts.Message(_time.GetUtcNow(), "a@going.example.net", "b@staying.example.net");
        }

        var text = $"From: app@example.com\r\nSubject: large\r\n\r\n{new string('x', 200)}\r\n";
        await using var writer = stores.Spool.Begin();
        await writer.WriteAsync(Encoding.ASCII.GetBytes(text), CancellationToken.None);
        await stores.Queue.EnqueueAsync([draft with { Content = await writer.CommitAsync(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4) }]);
        return draft.Message.Id;
    }
}
