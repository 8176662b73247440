using Microsoft.Extensions.Logging.Abstractions;
using Relay.Platform.Jobs;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class JobRunnerTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;
    private readonly JobSignals _signals = new();
    private readonly ScriptedKind _kind = new();

    public JobRunnerTests() => _stores = new TemporaryStores(_time);

    public async Task InitializeAsync() => await _stores.OpenAsync();

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Fact]
    public async Task A_job_broken_off_by_the_end_of_the_server_begins_again()
    {
        var id = (await Service().AddAsync(1, ScriptedKind.KindName, 5, "key", CancellationToken.None))!.Id;
        var began = new TaskCompletionSource();
        _kind.Act = async (context, token) =>
        {
            await using var file = context.CreateFile("a.csv", "text/csv");
            await file.WriteAsync("half"u8.ToArray(), token);
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
        };
        using (var first = Runner())
        {
            await first.StartAsync(CancellationToken.None);
            await began.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await first.StopAsync(CancellationToken.None);
        }

        Assert.Equal(JobStatus.Running, (await FindAsync(id)).Status);
        await _stores.ReopenAsync();
        _kind.Act = async (context, token) =>
        {
            await using var file = context.CreateFile("a.csv", "text/csv");
            await file.WriteAsync("whole"u8.ToArray(), token);
        };
        using var second = Runner();
        await second.StartAsync(CancellationToken.None);
        await Poll.UntilAsync("the job succeeds", async () => (await FindAsync(id)).Status == JobStatus.Succeeded);
        Assert.Equal((2, 5L), ((await FindAsync(id)).Attempts, (await FindAsync(id)).FileBytes));
        using var reader = new StreamReader(_stores.Stores.JobFiles.Open(id)!);
        Assert.Equal("whole", await reader.ReadToEndAsync());
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_job_that_ended_the_server_several_times_is_given_up()
    {
        var id = (await Service().AddAsync(1, ScriptedKind.KindName, 5, "key", CancellationToken.None))!.Id;
        for (var i = 0; i < JobRunner.MaxAttempts; i++)
        {
            Assert.NotNull(await _stores.Stores.Jobs.TakeNextAsync(_time.GetUtcNow(), CancellationToken.None));
            await _stores.Stores.Jobs.RequeueAsync(CancellationToken.None);
        }

        Assert.Contains("several times", (await FailedAsync(id)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_met_a_store_that_is_away_begins_again()
    {
        var isAway = true;
        _kind.Act = (_, _) =>
        {
            (var wasAway, isAway) = (isAway, false);
            return wasAway ? throw new StoreUnavailableException("as asked") : Task.CompletedTask;
        };
        var id = (await Service().AddAsync(1, ScriptedKind.KindName, 5, "key", CancellationToken.None))!.Id;
        using var runner = Runner();
        await runner.StartAsync(CancellationToken.None);
        await Poll.UntilAsync("the job succeeds", async () =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            return (await FindAsync(id)).Status == JobStatus.Succeeded;
        });
        Assert.Equal(2, (await FindAsync(id)).Attempts);
        await runner.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(true, "choose less")]
    [InlineData(false, "something went wrong inside the server")]
    public async Task A_failure_tells_the_client_only_what_is_meant_for_it(bool isMeant, string expected)
    {
        _kind.Act = (_, _) => throw (isMeant ? new JobFailedException("choose less") : new InvalidOperationException("secret detail"));
        var id = (await Service().AddAsync(1, ScriptedKind.KindName, 5, "key", CancellationToken.None))!.Id;
        Assert.Equal(expected, (await FailedAsync(id)).Error);
    }

    [Fact]
    public async Task A_kind_nobody_knows_fails()
    {
        var id = (await Service().AddAsync(1, "unheard", 5, "key", CancellationToken.None))!.Id;
        Assert.Contains("unheard", (await FailedAsync(id)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removing_a_running_job_breaks_it_off_and_leaves_no_file()
    {
        var service = Service();
        var began = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        _kind.Act = async (context, token) =>
        {
            await using var file = context.CreateFile("a.csv", "text/csv");
            began.SetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            }
            finally
            {
                ended.SetResult();
            }
        };
        var id = (await service.AddAsync(1, ScriptedKind.KindName, 5, "key", CancellationToken.None))!.Id;
        using var runner = Runner();
        await runner.StartAsync(CancellationToken.None);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await service.RemoveAsync(1, id, CancellationToken.None));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await runner.StopAsync(CancellationToken.None);
        Assert.Null(await _stores.Stores.Jobs.FindAsync(1, id, CancellationToken.None));
        Assert.Empty(Directory.GetFiles(_stores.Stores.JobFiles.Folder));
    }

    [Fact]
    public async Task Progress_is_stored_while_it_runs()
    {
        var service = Service();
        var go = new TaskCompletionSource();
        _kind.Act = async (context, token) =>
        {
            Assert.Equal(5, context.Request<int>());
            _time.Advance(TimeSpan.FromSeconds(2));
            await context.ReportAsync(42.7, 1234, token);
            await go.Task.WaitAsync(token);
        };
        var id = (await service.AddAsync(1, ScriptedKind.KindName, 5, "key", CancellationToken.None))!.Id;
        using var runner = Runner();
        await runner.StartAsync(CancellationToken.None);
        await Poll.UntilAsync("progress is shown", async () => (await FindAsync(id)) is { Progress: 42, Processed: 1234, Status: JobStatus.Running });
        go.SetResult();
        await Poll.UntilAsync("the job succeeds", async () => (await FindAsync(id)) is { Progress: 100, Status: JobStatus.Succeeded, FileName: null });
        await runner.StopAsync(CancellationToken.None);
    }

    private async Task<Job> FailedAsync(Guid id)
    {
        using var runner = Runner();
        await runner.StartAsync(CancellationToken.None);
        await Poll.UntilAsync("the job fails", async () => (await FindAsync(id)).Status == JobStatus.Failed);
        await runner.StopAsync(CancellationToken.None);
        return await FindAsync(id);
    }

    private async Task<Job> FindAsync(Guid id) => (await _stores.Stores.Jobs.FindAsync(1, id, CancellationToken.None))!;

    private JobService Service() => new(_stores.Stores.Jobs, _stores.Stores.JobFiles, _signals, _time);

    private JobRunner Runner() => new(_stores.Stores.Jobs, _stores.Stores.JobFiles, _signals, [_kind], _time, NullLogger<JobRunner>.Instance);

    private sealed class ScriptedKind : IJobKind
    {
        public const string KindName = "scripted";

        public Func<JobContext, CancellationToken, Task> Act { get; set; } = (_, _) => Task.CompletedTask;

        public string Name => KindName;

        public Task RunAsync(JobContext context, CancellationToken cancellationToken) => Act(context, cancellationToken);
    }
}
