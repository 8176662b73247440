using System.Security.Cryptography;
using Relay.Mail;
using Relay.Platform.Jobs;
using Relay.Senders;

namespace Relay.Platform.Privacy;

/// <summary>Takes requests to erase an address or to export what is known of it.</summary>
public sealed class PrivacyService(JobService jobs, AddressHasher hasher, IAuditStore audit, TimeProvider time)
{
    /// <summary>Jobs of operators belong to no account, so that no key sees them.</summary>
    public const long OperatorAccount = 0;

    /// <param name="owner">Account the job belongs to; <see cref="OperatorAccount"/> for operators.</param>
    /// <param name="accountId">Where to erase; null in all accounts.</param>
    /// <returns>Null when the owner has too many jobs already.</returns>
    public ValueTask<Job?> EraseAsync(Mailbox address, long owner, long? accountId, AuditActor actor, CancellationToken cancellationToken) =>
        AddAsync(ErasureJob.KindName, "privacy.erase", address, owner, accountId, actor, cancellationToken);

    /// <inheritdoc cref="EraseAsync"/>
    public ValueTask<Job?> ExportAsync(Mailbox address, long owner, long? accountId, AuditActor actor, CancellationToken cancellationToken) =>
        AddAsync(AddressExportJob.KindName, "privacy.export", address, owner, accountId, actor, cancellationToken);

    internal Erasure Read(JobContext context)
    {
        var request = context.Request<PrivacyRequest>();
        try
        {
            return new Erasure(Mailbox.Parse(hasher.Open(request.SealedAddress)), request.AccountId, hasher);
        }
        catch (CryptographicException)
        {
            throw new JobFailedException("the key ring lacks the key the address was sealed with: ask again");
        }
    }

    private async ValueTask<Job?> AddAsync(
        string kind, string action, Mailbox address, long owner, long? accountId, AuditActor actor, CancellationToken cancellationToken)
    {
        var request = new PrivacyRequest(accountId, hasher.Seal(address.ToString()));
        var job = await jobs.AddAsync(owner, kind, request, actor.Name, cancellationToken);
        if (job is not null)
        {
            await audit.AppendAsync(actor, time, action, hasher.Hash(address), cancellationToken, accountId ?? OperatorAccount);
        }

        return job;
    }
}

/// <summary>What such a job is asked for; stored, hence the address sealed.</summary>
internal sealed record PrivacyRequest(long? AccountId, string SealedAddress)
{
    /// <summary>What an erasure that the end of the server broke off has changed already, by kind.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>();
}
