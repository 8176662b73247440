namespace Relay.Dns;

/// <summary>Tells whether an address may send for a domain (RFC 7208). Thread safe; never throws for what DNS may answer.</summary>
/// <remarks>
/// 10 terms may ask DNS, 2 of the answers may be empty, 10 hosts of MX or PTR are looked at (RFC 7208 §4.6.4), and all of it has 20 seconds:
/// nobody's record can make us work longer. The explanation is fetched beside the count, as §4.6.4 has it.
/// </remarks>
/// <param name="receiver">Our host name, for explanations.</param>
public sealed class SpfEvaluator(IDnsResolver dns, string receiver, TimeProvider time)
{
    // RFC 7208 §4.6.4 asks for at least as long.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    public async ValueTask<SpfResult> CheckAsync(SpfQuestion question, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var run = new SpfRun(dns, question, receiver, time);
        try
        {
            var verdict = await run.CheckAsync(question.Domain, either.Token);
            var explanation = verdict.Outcome == SpfOutcome.Fail && verdict.Explanation is { } text ? await run.ExplainAsync(text, verdict.Domain, either.Token) : null;
            return run.ResultOf(verdict) with { Explanation = explanation };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return run.ResultOf(new SpfVerdict(SpfOutcome.TempError, question.Domain, "DNS took longer than 20 seconds"));
        }
    }
}

/// <summary>What one record came to.</summary>
/// <param name="Domain">Whose record decided: behind a redirect another than was asked for.</param>
internal sealed record SpfVerdict(SpfOutcome Outcome, string Domain, string Reason)
{
    public SpfMacroText? Explanation { get; init; }
}

/// <summary>Trouble that ends the whole evaluation.</summary>
internal sealed class SpfStopException(SpfOutcome outcome, string reason) : Exception(reason)
{
    public SpfOutcome Outcome { get; } = outcome;
}
