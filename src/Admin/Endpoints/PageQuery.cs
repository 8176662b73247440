using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Relay.Admin;

/// <summary>Which part of a list that goes forward: every list takes it, or <c>before</c> and <c>limit</c> where the newest come first.</summary>
/// <param name="After">What the page before named as <c>next</c>.</param>
/// <param name="Limit">1 to 500; 100 when it is not given.</param>
internal sealed record PageQuery(long? After, int? Limit)
{
    private const int Most = 500;
    private const int Usual = 100;

    public long From => After ?? 0;

    public int Size => Limit ?? Usual;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public ProblemHttpResult? Refusal => Limit is < 1 or > Most ? Problems.BadRequest($"limit: a number from 1 to {Most}") : null;

    /// <summary>The answer for a page that a store cut.</summary>
    public Ok<Page<TAnswer>> Answer<T, TAnswer>(IReadOnlyList<T> found, Func<T, long> id, Func<T, TAnswer> answer) =>
        TypedResults.Ok(new Page<TAnswer>([.. found.Select(answer)], found.Count == Size ? id(found[^1]) : null));

    /// <summary>Cuts the page out of a list that is in memory as a whole; the cursor counts entries.</summary>
    public IResult Cut<T>(IReadOnlyList<T> all)
    {
        if (Refusal is { } refusal)
        {
            return refusal;
        }

        var entries = all.Skip((int)Math.Min(From, int.MaxValue)).Take(Size).ToList();
        var next = From + entries.Count;
        return TypedResults.Ok(new Page<T>(entries, next < all.Count ? next : null));
    }
}
