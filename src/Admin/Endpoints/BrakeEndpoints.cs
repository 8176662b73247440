using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Who is braked for what became of his mail, and letting him go.</summary>
internal sealed class BrakeEndpoints(IBrakes brakes, AccountService accounts, ICredentialStore credentials)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/brakes", ListAsync).WithSummary("Accounts, streams and credentials whose mail is kept back, with what was counted").Produces<Page<BrakeAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapDelete("/brakes/{id}", ReleaseAsync).WithSummary("End a brake and let go what it holds; asked again it lets go what was being held meanwhile")
            .Produces<AffectedAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private async Task<IResult> ListAsync([AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        var active = brakes.Active();
        var names = await AccountNames.ReadAsync(accounts, active.Select(brake => brake.Party.AccountId), cancellationToken);
        var answers = new List<BrakeAnswer>(active.Count);
        foreach (var brake in active)
        {
            var account = names[brake.Party.AccountId];
            answers.Add(BrakeAnswer.Of(brake, account, await NameAsync(brake.Party, account, cancellationToken)));
        }

        return page.Cut<BrakeAnswer>(answers);
    }

    // Numbers say nothing to those who have to look into it.
    private async ValueTask<string> NameAsync(BrakeParty party, string account, CancellationToken cancellationToken) => party.Scope switch
    {
        BrakeScope.Account => $"account {account}",
        BrakeScope.Stream => $"stream {party.Name}",
        _ => await credentials.FindAsync(long.Parse(party.Name, CultureInfo.InvariantCulture), cancellationToken) is { } credential
            ? $"{(credential.Kind == CredentialKind.ApiKey ? "key" : "login")} {credential.Name}"
            : $"credential {party.Name}, which is gone",
    };

    private async Task<IResult> ReleaseAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var released = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await brakes.ReleaseAsync(number, AdminActor.Audit(context), cancellationToken)
            : null;
        return released is { } affected ? TypedResults.Ok(new AffectedAnswer(affected)) : Problems.NotFound($"there is no brake {id}");
    }
}

/// <param name="Scope">account, stream or credential.</param>
/// <param name="Rule">bounces, complaints, unknown-users, volume or new-networks.</param>
/// <param name="Name">The account's number, the stream, or the credential's number.</param>
/// <param name="Account">Its name.</param>
/// <param name="Who">The party as people call it, such as <c>login app</c>.</param>
internal sealed record BrakeAnswer(long Id, long AccountId, string Account, string Scope, string Name, string Who, string Rule, string Reason, DateTimeOffset Since)
{
    public static BrakeAnswer Of(Brake brake, string account, string who) =>
        new(brake.Id, brake.Party.AccountId, account, Words.Of(brake.Party.Scope), brake.Party.Name, who, brake.Rule, brake.Reason, brake.Since);
}
