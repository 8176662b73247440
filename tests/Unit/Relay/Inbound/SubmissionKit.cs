using Relay.Platform;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>What submissions share with the API, over memory: a quota of the test, and keys beside the queue of an <see cref="IntakeKit"/>.</summary>
internal sealed class SubmissionKit : IEmailQuota, IEmailStore
{
    private readonly IntakeKit _kit;
    private readonly Dictionary<(long AccountId, string Key), IdempotencyEntry> _keys = [];

    public SubmissionKit(IntakeKit kit)
    {
        _kit = kit;
        Intake = new SubmissionIntake(kit.Intake, new IdempotencyKeys(this, kit.Time), this, this);
    }

    public SubmissionIntake Intake { get; }

    /// <summary>E-mails that may still be sent.</summary>
    public int Left { get; set; } = int.MaxValue;

    public int Taken { get; private set; }

    public Action OnTaken { get; set; } = () => { };

    /// <summary>From domains that were counted.</summary>
    public List<string?> Domains { get; } = [];

    public ValueTask<ApiFault?> TryTakeAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken)
    {
        var emails = parts.Sum(part => part.Amount.Emails);
        Domains.AddRange(parts.Select(part => part.FromDomain?.Ascii));
        if (Left < emails)
        {
            return ValueTask.FromResult<ApiFault?>(ApiFault.RateLimited("the account may send 5 e-mails per hour; 0 are left", TimeSpan.FromMinutes(10)));
        }

        Left -= emails;
        Taken += emails;
        OnTaken();
        return ValueTask.FromResult<ApiFault?>(null);
    }

    /// <summary>What a look says.</summary>
    public Func<QuotaPart, ApiFault?> OnLook { get; set; } = static _ => null;

    public ValueTask<ApiFault?> LookAsync(QuotaSender sender, QuotaPart part, CancellationToken cancellationToken) => ValueTask.FromResult(OnLook(part));

    public ValueTask RefundAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken)
    {
        Left += parts.Sum(part => part.Amount.Emails);
        Taken -= parts.Sum(part => part.Amount.Emails);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<IReadOnlyList<DeliveryTask>> CreateAsync(
        IReadOnlyList<Email> emails, IReadOnlyList<MessageDraft> drafts, IdempotencyEntry? idempotency)
    {
        var tasks = await _kit.Store.EnqueueAsync(drafts);
        if (idempotency is not null)
        {
            _keys[(idempotency.AccountId, idempotency.Key)] = idempotency;
        }

        return tasks;
    }

    public ValueTask<IdempotencyEntry?> FindIdempotencyAsync(long accountId, string key, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_keys.GetValueOrDefault((accountId, key)));

    public ValueTask<Email?> FindAsync(long accountId, QueueId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<EmailPage> ListAsync(EmailFilter filter, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long> StatusCursorAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask ApplyStatusesAsync(IReadOnlyList<EmailStatusChange> changes, long through, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
