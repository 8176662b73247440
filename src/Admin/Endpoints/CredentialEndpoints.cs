using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Who may use the doors: SMTP logins, API keys, the admin token.</summary>
internal sealed class CredentialEndpoints
{
    private const int GeneratedPasswordLength = 24;
    private const string PasswordCharacters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    private readonly UserService _users;
    private readonly ApiKeyService _keys;
    private readonly AccountService _accounts;
    private readonly ITokenFile _token;

    public CredentialEndpoints(UserService users, ApiKeyService keys, AccountService accounts, ITokenFile token)
    {
        _users = users;
        _accounts = accounts;
        _keys = keys;
        _token = token;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/users", ListUsersAsync).WithSummary("SMTP logins").Produces<Page<CredentialAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Admin);
        group.MapPost("/users", AddUserAsync).WithSummary("Create an SMTP login; without a password one is made and shown once")
            .Produces<UserCreated>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPut("/users/{name}/password", SetPasswordAsync).WithSummary("Change a login's password")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPut("/users/{name}/limits", LimitUserAsync).WithSummary("Set how many e-mails and recipients a login may send; null is as configured, 0 without limit")
            .Produces<CredentialAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPut("/users/{name}/defaults", SetDefaultsAsync).WithSummary("Set stream and tags of a login's mail where the mail does not say")
            .Produces<CredentialAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPost("/users/{name}/certificates", AddCertificateAsync).WithSummary("Let a client certificate stand for a login: by SHA-256 fingerprint, or by subject")
            .Produces<CredentialAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapDelete("/users/{name}/certificates", RemoveCertificateAsync).WithSummary("Let a client certificate stand for a login no more")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapDelete("/users/{name}", RemoveUserAsync).WithSummary("Delete an SMTP login")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapGet("/keys", ListKeysAsync).WithSummary("API keys, of one account or all").Produces<Page<KeyAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPost("/keys", AddKeyAsync).WithSummary("Create an API key; it is shown once")
            .Produces<KeyCreated>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPut("/keys/{name}/limits", LimitKeyAsync).WithSummary("Set how much a key may send, and ask of the API; null is as configured, 0 without limit")
            .Produces<KeyAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapDelete("/keys/{name}", RevokeKeyAsync).WithSummary("Revoke an API key")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPost("/token/rotate", RotateTokenAsync).WithSummary("Replace the first admin token; the new one is written to the token file")
            .Produces<TokenRotated>().RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> ListUsersAsync([AsParameters] PageQuery page, CancellationToken cancellationToken) =>
        page.Refusal ?? (IResult)page.Answer(await _users.PageAsync(page.From, page.Size, cancellationToken), user => user.Id, CredentialAnswer.Of);

    private async Task<IResult> ListKeysAsync(string? account, [AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        if (page.Refusal is { } refusal)
        {
            return refusal;
        }

        var owner = account is null ? null : await _accounts.FindByNameAsync(account, cancellationToken);
        if (account is not null && owner is null)
        {
            return Problems.NotFound($"there is no account {account}");
        }

        var keys = await _keys.PageAsync(owner?.Id, page.From, page.Size, cancellationToken);
        var names = await AccountNames.ReadAsync(_accounts, keys.Select(key => key.AccountId), cancellationToken);
        return page.Answer(keys, key => key.Id, key => KeyAnswer.Of(key, names[key.AccountId]));
    }

    private async Task<IResult> AddUserAsync(UserRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        var password = request.Password ?? RandomNumberGenerator.GetString(PasswordCharacters, GeneratedPasswordLength);
        try
        {
            var restrictions = new CredentialRestrictions { AllowedSenders = request.Senders ?? [], AllowedNetworks = request.Networks ?? [] };
            var user = await _users.CreateAsync(request.Name ?? "", password, restrictions, Actor(context), cancellationToken);
            return TypedResults.Ok(new UserCreated(user.Name, request.Password is null ? password : null));
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
        catch (DuplicateEntryException)
        {
            return Problems.Conflict($"there is a user {request.Name} already");
        }
    }

    private async Task<IResult> SetPasswordAsync(string name, PasswordRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await _users.SetPasswordAsync(name, request.Password ?? "", Actor(context), cancellationToken)
                ? TypedResults.NoContent()
                : Problems.NotFound($"there is no user {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
    }

    private async Task<IResult> LimitUserAsync(string name, LimitsRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await _users.LimitAsync(name, request.ToLimits(), Actor(context), cancellationToken) is { } user
                ? TypedResults.Ok(CredentialAnswer.Of(user))
                : Problems.NotFound($"there is no user {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
    }

    private async Task<IResult> SetDefaultsAsync(string name, DefaultsRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await _users.SetDefaultsAsync(name, request.ToDefaults(), Actor(context), cancellationToken) is { } user
                ? TypedResults.Ok(CredentialAnswer.Of(user))
                : Problems.NotFound($"there is no user {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
    }

    private async Task<IResult> AddCertificateAsync(string name, CertificateRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await _users.AddCertificateAsync(name, request.Certificate ?? "", Actor(context), cancellationToken) is { } user
                ? TypedResults.Ok(CredentialAnswer.Of(user))
                : Problems.NotFound($"there is no user {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
        catch (DuplicateEntryException)
        {
            return Problems.Conflict("this certificate stands for a login already");
        }
    }

    private async Task<IResult> RemoveCertificateAsync(string name, string? certificate, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await _users.RemoveCertificateAsync(name, certificate ?? "", Actor(context), cancellationToken)
                ? TypedResults.NoContent()
                : Problems.NotFound($"this certificate does not stand for a user {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
    }

    private async Task<IResult> RemoveUserAsync(string name, HttpContext context, CancellationToken cancellationToken) =>
        await _users.RemoveAsync(name, Actor(context), cancellationToken) ? TypedResults.NoContent() : Problems.NotFound($"there is no user {name}");

    private async Task<IResult> AddKeyAsync(KeyRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (await _accounts.FindByNameAsync(request.Account ?? Account.Default.Name, cancellationToken) is not { } account)
        {
            return Problems.NotFound($"there is no account {request.Account}");
        }

        try
        {
            var draft = new ApiKeyDraft(request.Name ?? "", request.Scope ?? "send")
            {
                AccountId = account.Id,
                Restrictions = new CredentialRestrictions
                {
                    AllowedSenders = request.Domains ?? [],
                    AllowedNetworks = request.Networks ?? [],
                    ExpiresAt = request.ExpiresAt,
                },
            };
            var (key, clearText) = await _keys.CreateAsync(draft, Actor(context), cancellationToken);
            return TypedResults.Ok(new KeyCreated(key.Name, key.Scopes, clearText));
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
        catch (DuplicateEntryException)
        {
            return Problems.Conflict($"there is a key {request.Name} already");
        }
    }

    private async Task<IResult> LimitKeyAsync(string name, string? account, LimitsRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindKeyAsync(name, account, cancellationToken) is not { } key)
        {
            return Problems.NotFound($"there is no key {name} in force");
        }

        try
        {
            return TypedResults.Ok(KeyAnswer.Of(await _keys.LimitAsync(key, request.ToLimits(), Actor(context), cancellationToken), account ?? Account.Default.Name));
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
    }

    private async Task<IResult> RevokeKeyAsync(string name, string? account, HttpContext context, CancellationToken cancellationToken) =>
        await FindKeyAsync(name, account, cancellationToken) is { } key && await _keys.RevokeAsync(key, Actor(context), cancellationToken)
            ? TypedResults.NoContent()
            : Problems.NotFound($"there is no key {name} in force");

    private async ValueTask<Credential?> FindKeyAsync(string name, string? account, CancellationToken cancellationToken) =>
        await _accounts.FindByNameAsync(account ?? Account.Default.Name, cancellationToken) is { } owner
            ? await _keys.FindAsync(owner.Id, name, cancellationToken)
            : null;

    private async Task<IResult> RotateTokenAsync(HttpContext context, CancellationToken cancellationToken) =>
        TypedResults.Ok(new TokenRotated(await _token.RotateAsync(Actor(context), cancellationToken)));

    private static AuditActor Actor(HttpContext context) => AdminActor.Audit(context);
}

/// <summary>The file that holds the first admin token in clear.</summary>
public interface ITokenFile
{
    /// <summary>Replaces the token and writes the new one; returns the file's path.</summary>
    ValueTask<string> RotateAsync(AuditActor actor, CancellationToken cancellationToken);
}
