using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Random sequences of operations: SQLite and the plain lists in memory must agree after each.</summary>
public sealed class QueueStoreModelTests
{
    public enum StepKind
    {
        Enqueue,
        EnqueueBornLeased,
        Lease,
        Deliver,
        Defer,
        SettlePart,
        SettleStale,
        Return,
        Act,
        Advance,
        Retain,
        Prune,
        Restart,
    }

    [Fact]
    public void Sqlite_agrees_with_the_model()
    {
        var steps = Gen.Zip(Gen.Choose(0, (int)StepKind.Restart), Gen.Choose(0, 1000))
            .Select(pair => new Step((StepKind)pair.Item1, pair.Item2))
            .ListOf()
            .Resize(60);
        Prop.ForAll(
            steps.ToArbitrary(),
            list =>
            {
                RunAsync([.. list]).GetAwaiter().GetResult();
                return true;
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    private static async Task RunAsync(IReadOnlyList<Step> steps)
    {
        await using var pair = await StorePair.OpenAsync();
        foreach (var step in steps)
        {
            await pair.ApplyAsync(step);
            await pair.CompareAsync();
        }
    }

    public sealed record Step(StepKind Kind, int Choice);

    /// <summary>Both stores, the same operations, and the tasks both have leased.</summary>
    private sealed class StorePair : IAsyncDisposable
    {
        private static readonly CancellationToken None = CancellationToken.None;
        private static readonly string[] Domains = ["a.example", "b.example", "c.example"];
        private static readonly RecipientState[] FirstStates =
            [RecipientState.Ready, RecipientState.Scheduled, RecipientState.Held, RecipientState.Suppressed, RecipientState.Captured];

        private readonly ManualTimeProvider _time = new();
        private readonly string _folder = Path.Combine(Path.GetTempPath(), "relay-model-" + Guid.NewGuid().ToString("N"));
        private readonly MemoryQueueStore _model;
        private readonly List<(DeliveryTask Model, DeliveryTask Real)> _leased = [];
        private RelayStores _stores = null!;
        private int _messages;

        private StorePair() => _model = new MemoryQueueStore(_time);

        private DateTimeOffset Now => _time.GetUtcNow();

        public static async Task<StorePair> OpenAsync()
        {
            var pair = new StorePair();
            await pair.OpenStoresAsync();
            return pair;
        }

        public async ValueTask DisposeAsync()
        {
            await _stores.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        public async Task ApplyAsync(Step step)
        {
            switch (step.Kind)
            {
                case StepKind.Enqueue:
                    await EnqueueAsync(step.Choice, FirstStates[step.Choice % FirstStates.Length]);
                    break;
                case StepKind.EnqueueBornLeased:
                    await EnqueueAsync(step.Choice, RecipientState.Leased);
                    break;
                case StepKind.Lease:
                    await LeaseAsync(Domains[step.Choice % Domains.Length], 1 + (step.Choice % 4));
                    break;
                case StepKind.Deliver:
                    await SettleAsync(step.Choice, RecipientState.Delivered, null);
                    break;
                case StepKind.Defer:
                    await SettleAsync(step.Choice, RecipientState.Deferred, Now.AddSeconds(step.Choice));
                    break;
                case StepKind.SettlePart:
                    await SettlePartAsync(step.Choice);
                    break;
                case StepKind.SettleStale:
                    await SettleStaleAsync(step.Choice);
                    break;
                case StepKind.Return:
                    await ReturnAsync(step.Choice);
                    break;
                case StepKind.Act:
                    await ActAsync(step.Choice);
                    break;
                case StepKind.Advance:
                    _time.Advance(TimeSpan.FromSeconds(step.Choice));
                    break;
                case StepKind.Retain:
                    await RetainAsync(step.Choice);
                    break;
                case StepKind.Prune:
                    await PruneAsync(step.Choice);
                    break;
                case StepKind.Restart:
                    await RestartAsync();
                    break;
                default:
                    throw new InvalidOperationException("An unknown step.");
            }
        }

        public async Task CompareAsync()
        {
            var filter = new QueueFilter { Limit = 500 };
            Assert.Equal(Facts(await _model.ListAsync(filter, None)), Facts(await _stores.Queue.ListAsync(filter, None)));
            Assert.Equal(
                (await _model.DueLanesAsync(Now, null, 100, None)).OrderBy(key => key.QueueKey, StringComparer.Ordinal),
                (await _stores.Queue.DueLanesAsync(Now, null, 100, None)).OrderBy(key => key.QueueKey, StringComparer.Ordinal));
            var expected = await _model.SummaryAsync(10, None);
            var actual = await _stores.Queue.SummaryAsync(10, None);
            Assert.Equal(expected.ByState, actual.ByState);
            Assert.Equal(expected.ByKey, actual.ByKey);
            Assert.Equal(expected.OldestOpen, actual.OldestOpen);
            Assert.Equal(Facts(await _model.ReadAsync(0, 10_000, None)), Facts(await _stores.Outbox.ReadAsync(0, 10_000, None)));
        }

        private static IEnumerable<object> Facts(QueuePage page) => page.Entries.Select(entry => (object)(
            entry.Message.Id,
            entry.Recipient.Address.ToString(),
            entry.Recipient.State,
            entry.Recipient.Attempts,
            entry.Recipient.NextAttempt,
            entry.Recipient.UpdatedAt,
            entry.Recipient.LastReply));

        private static IEnumerable<object> Facts(IReadOnlyList<DeliveryEvent> events) => events.Select(stored => (object)(
            stored.Kind, stored.MessageId, stored.Recipient, stored.At, stored.Attempt, stored.Actor));

        private static IEnumerable<object> Facts(IReadOnlyList<DeliveryTask> tasks) => tasks.Select(task => (object)(
            task.Message.Id, task.QueueKey, string.Join(',', task.Recipients.Select(recipient => recipient.Address)), task.Content is null));

        private async Task OpenStoresAsync() =>
            _stores = await RelayStores.OpenAsync(
                new StorageOptions { DataFolder = _folder, MinFreeDiskBytes = 0 }, _time, NullLoggerFactory.Instance, None);

        private async Task EnqueueAsync(int choice, RecipientState state)
        {
            var recipients = Enumerable.Range(0, 1 + (choice % 5)).Select(i => Drafts.Recipient(
                $"m{_messages}r{i}@{Domains[(choice + i) % Domains.Length]}",
                i == 3 ? RecipientState.Ready : state,
                state == RecipientState.Scheduled ? Now.AddSeconds(choice) : Now));
            _messages++;
            var draft = Drafts.Message(Now, [.. recipients]).With(message => message with { Priority = (MessagePriority)(choice % 3) });
            Remember(await _model.EnqueueAsync([draft]), await _stores.Queue.EnqueueAsync([draft]));
        }

        private async Task LeaseAsync(string key, int max) =>
            Remember(await _model.LeaseDueAsync(QueueLane.Of(key), max, None), await _stores.Queue.LeaseDueAsync(QueueLane.Of(key), max, None));

        private void Remember(IReadOnlyList<DeliveryTask> model, IReadOnlyList<DeliveryTask> real)
        {
            Assert.Equal(Facts(model), Facts(real));
            _leased.AddRange(model.Zip(real));
        }

        private async Task SettleAsync(int choice, RecipientState state, DateTimeOffset? nextAttempt)
        {
            if (Take(choice) is not { } task)
            {
                return;
            }

            var report = choice % 3 == 0 ? new[] { Drafts.Message(Now, $"m{_messages++}r0@{Domains[0]}") } : [];
            var model = Drafts.Outcome(task.Model, state, Now, nextAttempt) with { Reports = report };
            var real = Drafts.Outcome(task.Real, state, Now, nextAttempt) with { Reports = report };
            Assert.Equal(await _model.SettleAsync(model), await _stores.Queue.SettleAsync(real));
        }

        private async Task SettlePartAsync(int choice)
        {
            if (Take(choice) is not { } task)
            {
                return;
            }

            var at = choice % task.Model.Recipients.Count;
            var model = Drafts.Outcome(task.Model, RecipientState.Bounced, Now);
            var real = Drafts.Outcome(task.Real, RecipientState.Bounced, Now);
            Assert.Equal(
                await _model.SettleAsync(model with { Recipients = [model.Recipients[at]] }),
                await _stores.Queue.SettleAsync(real with { Recipients = [real.Recipients[at]] }));
            _leased.Add(task);
        }

        private async Task SettleStaleAsync(int choice)
        {
            if (Take(choice) is not { } task)
            {
                return;
            }

            var real = Drafts.Outcome(task.Real, RecipientState.Delivered, Now);
            Assert.False(await _stores.Queue.SettleAsync(real with { Lease = real.Lease with { Number = real.Lease.Number + 100_000 } }));
            _leased.Add(task);
        }

        private async Task ReturnAsync(int choice)
        {
            if (Take(choice) is not { } task)
            {
                return;
            }

            DateTimeOffset? notBefore = choice % 2 == 0 ? null : Now.AddSeconds(choice);
            await _model.ReturnLeaseAsync(task.Model, notBefore);
            await _stores.Queue.ReturnLeaseAsync(task.Real, notBefore);
        }

        private async Task ActAsync(int choice)
        {
            var action = (QueueAction)(choice % 4);
            var criteria = (choice % 3) switch
            {
                0 => new QueueCriteria { Actor = "op", QueueKey = Domains[choice % Domains.Length] },
                1 => new QueueCriteria { Actor = "op", SenderDomain = "example.com" },
                _ => new QueueCriteria { Actor = "op", All = true },
            };

            // Several recipients get their events in another order, which nobody is promised: name one message at a time.
            foreach (var entry in (await _model.ListAsync(new QueueFilter { Limit = 500 }, None)).Entries.DistinctBy(entry => entry.Message.Id))
            {
                var one = criteria with { MessageId = entry.Message.Id };
                Assert.Equal(await _model.ApplyAsync(action, one, None), await _stores.Queue.ApplyAsync(action, one, None));
            }
        }

        private async Task RetainAsync(int choice)
        {
            var rules = new RetentionRules
            {
                ContentSmtp = TimeSpan.FromSeconds(choice % 2 * 200),
                ContentCaptured = TimeSpan.FromSeconds(400),
                Messages = TimeSpan.FromSeconds(choice),
            };
            Assert.Equal(await _model.ApplyRetentionAsync(rules, None), await _stores.Queue.ApplyRetentionAsync(rules, None));
        }

        private async Task PruneAsync(int choice)
        {
            var model = await _model.ReadAsync(0, 10_000, None);
            var real = await _stores.Outbox.ReadAsync(0, 10_000, None);
            if (model.Count > 0)
            {
                var at = choice % model.Count;
                await _model.PruneAsync(model[at].Sequence, None);
                await _stores.Outbox.PruneAsync(real[at].Sequence, None);
            }
        }

        private async Task RestartAsync()
        {
            await _stores.DisposeAsync();
            await OpenStoresAsync();
            _model.Restart();
        }

        private (DeliveryTask Model, DeliveryTask Real)? Take(int choice)
        {
            if (_leased.Count == 0)
            {
                return null;
            }

            var at = choice % _leased.Count;
            var task = _leased[at];
            _leased.RemoveAt(at);
            return task;
        }
    }
}
