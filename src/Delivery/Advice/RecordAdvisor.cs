using Relay.Mail;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Runs all checks side by side; one that takes too long is unknown, and the others count.</summary>
internal sealed class RecordAdvisor(MailHostCheck mail, TlsReportCheck reports, MtaStsCheck sts, BimiCheck bimi, TimeProvider time) : IRecordAdvisor
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(40);

    public async ValueTask<IReadOnlyList<RecordAdvice>> LookAsync(DomainName domain, IReadOnlyList<RecordAdvice> before, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var hosts = mail.LookAsync(domain, either.Token);
        var found = await Task.WhenAll(
            InTimeAsync(MailHostCheck.Check, AdviceOf(hosts), cancellationToken),
            InTimeAsync(TlsReportCheck.Check, reports.LookAsync(domain, hosts, either.Token), cancellationToken),
            InTimeAsync(MtaStsCheck.Check, sts.LookAsync(domain, hosts, Memory(before, MtaStsCheck.Check), either.Token), cancellationToken),
            InTimeAsync(BimiCheck.Check, bimi.LookAsync(domain, either.Token), cancellationToken));
        var now = time.GetUtcNow();
        return [.. found.Select(advice => advice with { LookedAt = now })];
    }

    private static string? Memory(IReadOnlyList<RecordAdvice> before, string check) => before.FirstOrDefault(advice => advice.Check == check)?.Memory;

    private static async Task<RecordAdvice> AdviceOf(Task<MailHosts> hosts) => (await hosts).Advice;

    private static async Task<RecordAdvice> InTimeAsync(string check, Task<RecordAdvice> look, CancellationToken cancellationToken)
    {
        try
        {
            return await look;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new RecordAdvice(check, AdviceState.Unknown, $"there was no answer within {Longest.TotalSeconds:0} seconds", null);
        }
    }
}
