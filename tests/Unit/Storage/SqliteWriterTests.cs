using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SqliteWriterTests : IAsyncLifetime
{
    private const string Insert = "INSERT INTO t (x) VALUES (?)";

    private static readonly StorageMetrics Metrics = new();

    private readonly ManualTimeProvider _time = new();
    private readonly FailingParticipant _participant = new();
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "relay-writer-" + Guid.NewGuid().ToString("N"));
    private SqliteWriter _writer = null!;

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        _writer = OpenWriter(Path.Combine(_folder, "test.db"), _participant, _time);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _writer.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Commits_waiting_units_in_one_group()
    {
        var (release, blocked) = Block();
        var units = Enumerable.Range(1, 50).Select(i => InsertAsync(i)).ToList();
        release.Set();
        await blocked;
        await Task.WhenAll(units);
        Assert.Equal(50, await CountAsync());
        Assert.Equal(3, _participant.Commits);
    }

    [Fact]
    public async Task Outcomes_wait_behind_mail_and_go_with_the_next()
    {
        await InsertAsync(1);
        var outcome = InsertAsync(2, WriterLane.Outcome);
        var mail = InsertAsync(3);
        await Task.WhenAll(outcome, mail);
        Assert.Equal(2, _participant.Commits);
    }

    [Fact]
    public async Task Outcomes_gather_while_mail_keeps_coming()
    {
        await InsertAsync(1);
        var first = InsertAsync(2, WriterLane.Outcome);
        await InsertAsync(3);
        await first;
        var second = InsertAsync(4, WriterLane.Outcome);
        await InsertAsync(5);
        Assert.False(second.IsCompleted);
        _time.Advance(new WriterOptions { Name = "test", Path = "" }.OutcomeSpacing);
        await InsertAsync(6);
        Assert.Equal(4, await second);
        Assert.Equal(4, _participant.Commits);
    }

    [Fact]
    public async Task Outcomes_go_at_once_where_no_mail_was_taken()
    {
        await InsertAsync(1, WriterLane.Interactive);
        await InsertAsync(2, WriterLane.Outcome);
        await InsertAsync(3, WriterLane.Outcome);
        Assert.Equal(3, _participant.Commits);
    }

    [Fact]
    public async Task Many_outcomes_wait_for_no_mail()
    {
        await InsertAsync(1);
        await Task.WhenAll(Enumerable.Range(2, 40).Select(i => InsertAsync(i, WriterLane.Outcome)));
        Assert.Equal(41, await CountAsync());
    }

    [Fact]
    public async Task Outcomes_that_wait_are_written_when_the_store_closes()
    {
        await InsertAsync(1);
        var outcome = InsertAsync(2, WriterLane.Outcome);
        await _writer.DisposeAsync();
        Assert.Equal(2, await outcome);
    }

    [Fact]
    public async Task Fails_one_unit_of_a_group_alone()
    {
        var (release, blocked) = Block();
        var first = InsertAsync(1);
        var broken = _writer.RunAsync<int>(
            WriterLane.Mail,
            0,
            connection =>
            {
                connection.Use(Insert).Bind(2).Run();
                throw new InvalidOperationException("broken");
            },
            CancellationToken.None);
        var duplicate = InsertAsync(1);
        var last = InsertAsync(3);
        release.Set();
        await blocked;
        await Task.WhenAll(first, last);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        Assert.IsType<SqliteException>((await Assert.ThrowsAsync<StoreUnavailableException>(() => duplicate)).InnerException);
        Assert.Equal(2, await CountAsync());
        Assert.True(_writer.Health.IsHealthy);
    }

    [Fact]
    public async Task Fails_one_unit_alone_that_ran_without_a_savepoint()
    {
        var (release, blocked) = Block();
        var runs = 0;
        var first = RepeatableAsync(1);
        var broken = _writer.RunRepeatableAsync<int>(
            WriterLane.Mail,
            0,
            connection =>
            {
                runs++;
                connection.Use(Insert).Bind(2).Run();
                throw new InvalidOperationException("broken");
            });
        var last = RepeatableAsync(3);
        release.Set();
        await blocked;
        await Task.WhenAll(first, last);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        Assert.Equal(2, runs);
        Assert.Equal(2, _participant.Commits);
        Assert.Equal(2, await CountAsync());

        Task<int> RepeatableAsync(int x) => _writer.RunRepeatableAsync(
            WriterLane.Mail,
            0,
            connection =>
            {
                connection.Use(Insert).Bind(x).Run();
                return x;
            });
    }

    [Fact]
    public async Task Writes_a_transaction_larger_than_the_buffer_of_the_log()
    {
        await _writer.RunAsync(
            WriterLane.Mail,
            0,
            connection =>
            {
                for (var x = 1; x <= 10; x++)
                {
                    connection.Use("INSERT INTO t (x, y) VALUES (?, ?)").Bind(x).Bind(Enumerable.Repeat((byte)x, 200_000).ToArray()).Run();
                }

                return 0;
            },
            CancellationToken.None);
        using var reader = SqliteConnection.OpenReader(Path.Combine(_folder, "test.db"));
        Assert.Equal(10, reader.QueryInt64("SELECT count(*) FROM t WHERE length(y) = 200000 AND hex(substr(y, 199999, 2)) = printf('%02X%02X', x, x)"));
    }

    [Fact]
    public async Task Fails_the_whole_group_when_the_commit_fails_and_heals_by_the_next()
    {
        var (release, blocked) = Block();
        var units = new[] { InsertAsync(1), InsertAsync(2) };
        _participant.FailCommit = 2;
        release.Set();
        await blocked;
        foreach (var unit in units)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => unit);
        }

        Assert.False(_writer.Health.IsHealthy);
        await InsertAsync(3);
        Assert.Equal(1, await CountAsync());
        Assert.True(_writer.Health.IsHealthy);
    }

    [Fact]
    public async Task Is_unhealthy_after_a_failed_commit_until_a_probe_works()
    {
        _participant.FailCommit = 1;
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(1));
        Assert.Contains("no commit today", failure.Message, StringComparison.Ordinal);
        Assert.False(_writer.Health.IsHealthy);
        Assert.Contains("no commit today", _writer.Health.Reason!, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(1));
        await PassAsync();
        Assert.True(_writer.Health.IsHealthy);
    }

    [Fact]
    public async Task Reports_a_full_database_to_its_caller_and_goes_on_when_there_is_room()
    {
        await _writer.RunAsync(WriterLane.Mail, 0, connection => connection.QueryInt64("PRAGMA max_page_count = 20"), CancellationToken.None);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _writer.RunAsync(WriterLane.Mail, 0, Fill, CancellationToken.None));
        await _writer.RunAsync(WriterLane.Mail, 0, connection => connection.QueryInt64("PRAGMA max_page_count = 100000"), CancellationToken.None);
        await InsertAsync(1);
        Assert.Equal(1, await CountAsync());
        Assert.True(_writer.Health.IsHealthy);
    }

    [Fact]
    public async Task Withdraws_a_unit_that_has_not_begun()
    {
        var (release, blocked) = Block();
        using var source = new CancellationTokenSource();
        var withdrawn = _writer.RunAsync(WriterLane.Mail, 0, connection => connection.QueryInt64("SELECT 1"), source.Token);
        await source.CancelAsync();
        release.Set();
        await blocked;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => withdrawn);
    }

    [Fact]
    public async Task Serves_mail_before_bulk_but_one_bulk_piece_with_every_group()
    {
        var order = new List<string>();
        var (release, blocked) = Block();
        var units = new List<Task<int>>
        {
            NoteAsync(WriterLane.Bulk, "bulk1"),
            NoteAsync(WriterLane.Bulk, "bulk2"),
            NoteAsync(WriterLane.Interactive, "interactive"),
            NoteAsync(WriterLane.Mail, "mail"),
        };
        release.Set();
        await blocked;
        await Task.WhenAll(units);
        Assert.Equal(["mail", "interactive", "bulk1", "bulk2"], order);

        Task<int> NoteAsync(WriterLane lane, string name) => _writer.RunAsync(
            lane,
            0,
            _ =>
            {
                order.Add(name);
                return 0;
            },
            CancellationToken.None);
    }

    [Fact]
    public async Task Moves_the_log_into_the_database_when_it_has_grown()
    {
        for (var i = 0; i < 400; i++)
        {
            var x = i;
            await _writer.RunAsync(
                WriterLane.Mail,
                0,
                connection =>
                {
                    connection.Use("INSERT INTO t (x, y) VALUES (?, ?)").Bind(x).Bind(new byte[10_000]).Run();
                    return 0;
                },
                CancellationToken.None);
        }

        // Some eight megabytes were written; the log waits for its checkpoint at one, whatever the checkpoint's thread came to.
        Assert.True(new FileInfo(Path.Combine(_folder, "test.db")).Length > 3_000_000);
        Assert.True(new FileInfo(Path.Combine(_folder, "test.db-wal")).Length < 1_200_000);
    }

    [Fact]
    public async Task Truncates_the_log_when_idle()
    {
        await InsertAsync(1);
        var wal = Path.Combine(_folder, "test.db-wal");
        Assert.True(new FileInfo(wal).Length > 0);
        _time.Advance(TimeSpan.FromSeconds(1));
        await PassAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await PassAsync();
        Assert.Equal(0, new FileInfo(wal).Length);
    }

    [Fact]
    public async Task Finishes_what_was_handed_in_before_it_closes()
    {
        var (release, blocked) = Block();
        var unit = InsertAsync(1);
        var closing = _writer.DisposeAsync();
        release.Set();
        await blocked;
        await unit;
        await closing;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(2));
    }

    [Fact]
    public async Task Who_hands_in_mail_writes_it_where_the_writer_rests()
    {
        var (task, thread) = Prompt(1);
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread());
        Assert.Equal(1, await task);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Prompt_mail_waits_its_turn_behind_a_commit_and_behind_what_waits()
    {
        var (release, blocked) = Block();
        var waiting = InsertAsync(1);
        var (task, thread) = Prompt(2);
        Assert.False(task.IsCompleted);
        release.Set();
        await Task.WhenAll(blocked, waiting, task);
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread());
        Assert.Equal(2, _participant.Commits);
    }

    [Fact]
    public async Task Prompt_mail_takes_outcomes_along()
    {
        await Prompt(1).Task;
        var outcome = InsertAsync(2, WriterLane.Outcome);
        await Prompt(3).Task;
        Assert.Equal(2, await outcome);
        Assert.Equal(2, _participant.Commits);
    }

    [Fact]
    public async Task Outcomes_that_prompt_mail_left_are_written()
    {
        await OpenImpatientAsync();
        for (var i = 0; i < 10; i++)
        {
            var outcomes = Enumerable.Range(i * 100, 40).Select(x => InsertAsync(x, WriterLane.Outcome)).ToList();
            await Prompt((i * 100) + 50).Task;
            await Task.WhenAll(outcomes);
        }

        Assert.Equal(410, await CountAsync());
    }

    [Fact]
    public async Task Prompt_mail_that_fails_fails_alone_and_as_a_task()
    {
        var broken = _writer.RunPromptAsync<int>(0, _ => throw new InvalidOperationException("broken"), isRepeatable: true);
        Assert.True(broken.IsFaulted);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        Assert.Equal(1, await Prompt(1).Task);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Prompt_mail_is_refused_when_the_store_is_closed()
    {
        await _writer.DisposeAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Prompt(1).Task);
    }

    [Fact]
    public async Task Mail_from_many_sides_is_written_once_each()
    {
        await OpenImpatientAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(side => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await Prompt((side * 1000) + i).Task;
                await InsertAsync((side * 1000) + 500 + i, WriterLane.Outcome);
            }
        })));
        Assert.Equal(1600, await CountAsync());
    }

    private async Task OpenImpatientAsync()
    {
        await _writer.DisposeAsync();
        _writer = OpenWriter(Path.Combine(_folder, "impatient.db"), _participant, TimeProvider.System, TimeSpan.FromMilliseconds(2));
    }

    private (Task<int> Task, Func<int> Thread) Prompt(int x)
    {
        var thread = 0;
        var task = _writer.RunPromptAsync(
            0,
            connection =>
            {
                thread = Environment.CurrentManagedThreadId;
                connection.Use(Insert).Bind(x).Run();
                return x;
            },
            isRepeatable: true);
        return (task, () => thread);
    }

    private static SqliteWriter OpenWriter(string path, ICommitParticipant participant, TimeProvider time, TimeSpan? patience = null)
    {
        // Without an end, unless a test asks for one: what is seen is never that it ran out.
        var options = new WriterOptions { Name = "test", Path = path, CheckpointBytes = 64 * 1024, OutcomePatience = patience ?? Timeout.InfiniteTimeSpan };
        var connection = SqliteConnection.OpenWriter(options.Path, options.CacheBytes);
        connection.Execute("CREATE TABLE t (x INTEGER PRIMARY KEY, y BLOB)");
        connection.Execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER); INSERT INTO meta VALUES ('probe', 0)");
        return new SqliteWriter(options, connection, participant, time, NullLogger.Instance, Metrics);
    }

    // Holds the writer inside a unit, so that what follows waits together.
    private (ManualResetEventSlim Release, Task<int> Blocked) Block()
    {
        var release = new ManualResetEventSlim();
        var entered = new ManualResetEventSlim();
        var blocked = _writer.RunAsync(
            WriterLane.Mail,
            0,
            _ =>
            {
                entered.Set();
                release.Wait();
                return 0;
            },
            CancellationToken.None);
        entered.Wait();
        return (release, blocked);
    }

    private Task<int> InsertAsync(int x, WriterLane lane = WriterLane.Mail) => _writer.RunAsync(
        lane,
        0,
        connection =>
        {
            connection.Use(Insert).Bind(x).Run();
            return x;
        },
        CancellationToken.None);

    private static int Fill(SqliteConnection connection)
    {
        for (var i = 100; i < 200; i++)
        {
            connection.Use("INSERT INTO t (x, y) VALUES (?, ?)").Bind(i).Bind(new byte[100_000]).Run();
        }

        return 0;
    }

    private Task<long> CountAsync() =>
        _writer.RunAsync(WriterLane.Mail, 0, connection => connection.QueryInt64("SELECT count(*) FROM t"), CancellationToken.None);

    // The writer serves a tick that was asked for before it takes what comes next.
    private Task<int> PassAsync() => _writer.RunAsync(WriterLane.Mail, 0, _ => 0, CancellationToken.None);

    private sealed class FailingParticipant : ICommitParticipant
    {
        private int _begun;

        /// <summary>Number of the commit that fails; 0 none.</summary>
        public int FailCommit { get; set; }

        public int Commits { get; private set; }

        public void KeepUnit()
        {
        }

        public void DropUnit()
        {
        }

        public void BeforeCommit(SqliteConnection connection)
        {
            if (++_begun == FailCommit)
            {
                throw new IOException("no commit today");
            }
        }

        public void Committed() => Commits++;

        public void RolledBack()
        {
        }
    }
}
