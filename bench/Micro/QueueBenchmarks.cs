using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Queue;
using Relay.Storage;

namespace Relay.Bench.Micro;

/// <summary>Enqueue, lease and settle on SQLite with its syncs; twenty messages handed in at once, so that they share commits.</summary>
[MemoryDiagnoser]
public class QueueBenchmarks
{
    private const int Batch = 20;
    private const string Key = "example.net";

    private readonly byte[] _content = [.. Sample.Headers, .. Sample.Body(4 * 1024)];
    private string _folder = "";
    private RelayStores? _stores;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _folder = Directory.CreateTempSubdirectory("relay-micro-").FullName;
        _stores = await RelayStores.OpenAsync(
            new StorageOptions { DataFolder = _folder }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _stores!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task BornLeasedAndSettled() => await Task.WhenAll(Enumerable.Range(0, Batch).Select(async _ =>
    {
        var tasks = await _stores!.Queue.EnqueueAsync([Draft(RecipientState.Leased)]);
        await SettleAsync(tasks[0]);
    }));

    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task EnqueuedLeasedAndSettled()
    {
        await Task.WhenAll(Enumerable.Range(0, Batch).Select(async _ => await _stores!.Queue.EnqueueAsync([Draft(RecipientState.Ready)])));
        var tasks = await _stores!.Queue.LeaseDueAsync(QueueLane.Of(Key), Batch, CancellationToken.None);
        await Task.WhenAll(tasks.Select(SettleAsync));
    }

    private async Task SettleAsync(DeliveryTask task) => await _stores!.Queue.SettleAsync(new Settlement
    {
        Lease = task.Lease,
        MessageId = task.Message.Id,
        VariantId = task.Variant.Id,
        Recipients = [.. task.Recipients.Select(Delivered)],
    });

    private static RecipientSettlement Delivered(QueuedRecipient recipient) => new()
    {
        RecipientId = recipient.Id,
        State = RecipientState.Delivered,
        Attempts = 1,
        LastReply = "250 2.0.0 taken",
        LastHost = "mx.example.net [192.0.2.25]",
        Event = new DeliveryEvent
        {
            Kind = DeliveryEventKind.Delivered,
            At = TimeProvider.System.GetUtcNow(),
            MessageId = recipient.MessageId,
            Recipient = recipient.Address.ToString(),
        },
    };

    private MessageDraft Draft(RecipientState state)
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = QueueId.New(now);
        return new MessageDraft
        {
            Message = new QueuedMessage
            {
                Id = id,
                Door = Door.Smtp,
                AcceptedAt = now,
                ExpiresAt = now.AddDays(5),
                ReversePath = new ReversePath(Mailbox.Parse("sender@example.com")),
                FromDomain = "example.com",
                Subject = "One of many",
                SizeBytes = _content.Length,
            },
            Content = new SpooledContent { SizeBytes = _content.Length, HeaderBytes = Sample.Headers.Length, Inline = _content },
            Variants =
            [
                new VariantDraft
                {
                    Prefix = "Received: from client.example.com by relay.example.com\r\n"u8.ToArray(),
                    Recipients = [new RecipientDraft { Address = Mailbox.Parse("user@" + Key), QueueKey = Key, State = state, NextAttempt = now }],
                },
            ],
            Events = [new DeliveryEvent { Kind = DeliveryEventKind.Accepted, At = now, MessageId = id }],
        };
    }
}
