using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Contacts;

/// <summary><c>/contactBooks</c>: the books of the caller's account.</summary>
internal sealed class ContactBookEndpoints(IContactStore store, ContactBookService service)
{
    private const string Json = "application/json";
    private const int MaxTagsListed = 1_000;

    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/contactBooks");
        group.WithTags("Contact books");
        group.MapGet("/", ListAsync).Needs(ApiScope.ReadPeople).WithSummary("Contact books, newest first, with the number of contacts").Produces<IReadOnlyList<ContactBookAnswer>>();
        group.MapPost("/", (Delegate)CreateAsync).Needs(ApiScope.Full).WithSummary("Create a contact book, settings of double opt-in included").Accepts<ContactBookDocument>(Json).Produces<ContactBookAnswer>();

        // Their refusals are plain, so the scope is asked for inside.
        group.MapGet("/{contactBookId}", (Delegate)ShowAsync).WithSummary("One contact book").Produces<ContactBookAnswer>();
        group.MapPatch("/{contactBookId}", (Delegate)ChangeAsync).WithSummary("Change a contact book; what is not named stays").Accepts<ContactBookDocument>(Json).Produces<ContactBookAnswer>();
        group.MapDelete("/{contactBookId}", (Delegate)RemoveAsync).WithSummary("Delete a contact book with its contacts").Produces<BookRemovedAnswer>();
        group.MapGet("/{contactBookId}/tags", (Delegate)TagsAsync).Needs(ApiScope.ReadPeople).WithSummary("Tags of a book with the number of contacts").Produces<IReadOnlyList<TagCountAnswer>>();
    }

    /// <summary>The book of the route, of the caller's account; null when there is none.</summary>
    public static async ValueTask<ContactBook?> FindAsync(HttpContext context, IContactStore store) =>
        Uid(context, "contactBookId") is { } uid ? await store.FindBookAsync(ApiCaller.Of(context).AccountId, uid, context.RequestAborted) : null;

    public static Guid? Uid(HttpContext context, string name) =>
        Guid.TryParseExact(context.Request.RouteValues[name] as string, "D", out var uid) ? uid : null;

    private async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken) =>
        ApiJson.Answer((await store.ListBooksAsync(ApiCaller.Of(context).AccountId, cancellationToken)).Select(ContactBookAnswer.Counted).ToList());

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        if ((await ContactBodies.BookAsync(context)).Failed(out var fault, out var fields)
            || (await service.CreateAsync(ApiCaller.Of(context), fields, context.RequestAborted)).Failed(out fault, out var book))
        {
            return fault;
        }

        return ApiJson.Answer(ContactBookAnswer.Of(book));
    }

    private async Task<IResult> ShowAsync(HttpContext context)
    {
        if (Refuse(context, ApiScope.ReadPeople) is { } refusal)
        {
            return refusal;
        }

        return await FindAsync(context, store) is { } book ? ApiJson.Answer(ContactBookAnswer.Counted(book)) : Plain(ContactFaults.NoBook());
    }

    private async Task<IResult> ChangeAsync(HttpContext context)
    {
        if (Refuse(context, ApiScope.Full) is { } refusal)
        {
            return refusal;
        }

        if (Uid(context, "contactBookId") is not { } uid || await FindAsync(context, store) is null)
        {
            return Plain(ContactFaults.NoBook());
        }

        if ((await ContactBodies.BookAsync(context)).Failed(out var fault, out var fields)
            || (await service.ChangeAsync(ApiCaller.Of(context), uid, fields, context.RequestAborted)).Failed(out fault, out var book))
        {
            return fault.Status is StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound ? Plain(fault) : fault;
        }

        return ApiJson.Answer(ContactBookAnswer.Of(book));
    }

    private async Task<IResult> RemoveAsync(HttpContext context)
    {
        if (Refuse(context, ApiScope.Full) is { } refusal)
        {
            return refusal;
        }

        return Uid(context, "contactBookId") is { } uid && await service.RemoveAsync(ApiCaller.Of(context).AccountId, uid, context.RequestAborted)
            ? ApiJson.Answer(new BookRemovedAnswer(uid.ToString("D"), true, "Contact book deleted successfully"))
            : Plain(ContactFaults.NoBook());
    }

    private async Task<IResult> TagsAsync(HttpContext context)
    {
        if (await FindAsync(context, store) is not { } book)
        {
            return ContactFaults.NoBook();
        }

        var tags = await store.TagsAsync(book.AccountId, book.Id, MaxTagsListed, context.RequestAborted);
        return ApiJson.Answer(tags.Select(tag => new TagCountAnswer(tag.Key, tag.Value)).ToList());
    }

    private static ApiFault? Refuse(HttpContext context, ApiScope scope) =>
        ApiCaller.Of(context).May(scope) ? null : Plain(scope.Refusal());

    private static ApiFault Plain(ApiFault fault) => fault with { IsPlain = true };
}

/// <summary>Body of a request that makes or changes a book.</summary>
internal sealed record ContactBookDocument(
    string? Name,
    string? Emoji,
    IReadOnlyDictionary<string, string>? Properties,
    bool? DoubleOptInEnabled,
    string? DoubleOptInFrom,
    string? DoubleOptInSubject,
    string? DoubleOptInContent,
    string? PublicName);
