using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Contacts;

/// <summary><c>/contactBooks/{id}/contacts</c>: who is in a book.</summary>
internal sealed class ContactEndpoints(IContactStore store, ContactService service, ContactActivity activity, UnsubscribeLinks links)
{
    private const string Json = "application/json";

    private delegate Task<IResult> Act(HttpContext context, ContactBook book);

    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/contactBooks/{contactBookId}/contacts");
        group.WithTags("Contacts");
        group.MapPost("/", In(CreateAsync)).Needs(ApiScope.Full).WithSummary("Add a contact, or change the one with this address").Accepts<ContactDocument>(Json).Produces<ContactIdAnswer>();
        group.MapGet("/", In(ListAsync)).Needs(ApiScope.ReadPeople)
            .WithSummary("Contacts by page, limit, emails, ids, search, sort, status, subscribed, tag, property.NAME; X-Total-Count tells how many in all").Produces<IReadOnlyList<ContactAnswer>>();
        group.MapPost("/bulk", In(CreateManyAsync)).Needs(ApiScope.Full).WithSummary("Add or change up to 1,000 contacts, all or none").Accepts<IReadOnlyList<ContactDocument>>(Json).Produces<BulkCreatedAnswer>();
        group.MapDelete("/bulk", In(RemoveManyAsync)).Needs(ApiScope.Full).WithSummary("Remove up to 1,000 contacts by contactIds or emails").Accepts<ChoiceDocument>(Json).Produces<BulkRemovedAnswer>();
        group.MapPost("/tags", In(TagAsync)).Needs(ApiScope.Full).WithSummary("Add and remove tags of up to 1,000 contacts").Accepts<ChoiceDocument>(Json).Produces<BulkRemovedAnswer>();
        group.MapGet("/{contactId}", In(ShowAsync)).Needs(ApiScope.ReadPeople).WithSummary("One contact").Produces<ContactAnswer>();
        group.MapPatch("/{contactId}", In(ChangeAsync)).Needs(ApiScope.Full).WithSummary("Change a contact; what is not named stays").Accepts<ContactDocument>(Json).Produces<ContactIdAnswer>();
        group.MapPut("/{contactId}", In(PutAsync)).Needs(ApiScope.Full).WithSummary("Create or change the contact with this address").Accepts<ContactDocument>(Json).Produces<ContactIdAnswer>();
        group.MapDelete("/{contactId}", In(RemoveAsync)).Needs(ApiScope.Full).WithSummary("Remove a contact").Produces<SuccessAnswer>();
        group.MapPost("/{contactId}/confirmation", In(AskAsync)).Needs(ApiScope.Full)
            .WithSummary("Ask a contact (again) to confirm; earlier links are void").Produces<ContactIdAnswer>();
        group.MapGet("/{contactId}/activity", In(ActivityAsync)).Needs(ApiScope.ReadPeople).WithSummary("What happened with a contact and mail to it, newest first").Produces<ActivityPage>();
    }

    // A book of another account answers as one that never was.
    private Delegate In(Act act) => async (HttpContext context) =>
        await ContactBookEndpoints.FindAsync(context, store) is { } book ? await act(context, book) : ContactFaults.NoBook();

    private async Task<IResult> CreateAsync(HttpContext context, ContactBook book)
    {
        if ((await ContactBodies.ContactAsync(context, needsAddress: true)).Failed(out var fault, out var draft))
        {
            return fault;
        }

        return await service.SaveAsync(book, [draft], context.RequestAborted) is [var contact] ? Id(contact) : ContactFaults.NoBook();
    }

    private async Task<IResult> ListAsync(HttpContext context, ContactBook book)
    {
        if (ContactPageQuery.Read(context.Request.Query).Failed(out var fault, out var query))
        {
            return fault;
        }

        var contacts = await store.ListAsync(book.AccountId, book.Id, query.Filter, query.Order, query.Skip, query.Limit, context.RequestAborted);
        var total = query.Filter.IsAny
            ? book.ContactCount
            : await store.CountAsync(book.AccountId, book.Id, query.Filter, context.RequestAborted);
        context.Response.Headers["X-Total-Count"] = total.ToString(CultureInfo.InvariantCulture);
        return ApiJson.Answer(contacts.Select(contact => ContactAnswer.Of(book, contact)).ToList());
    }

    private async Task<IResult> CreateManyAsync(HttpContext context, ContactBook book)
    {
        if ((await ContactBodies.ContactsAsync(context)).Failed(out var fault, out var drafts))
        {
            return fault;
        }

        if (await service.SaveAsync(book, drafts, context.RequestAborted) is not { } contacts)
        {
            return ContactFaults.NoBook();
        }

        return ApiJson.Answer(new BulkCreatedAnswer(string.Create(CultureInfo.InvariantCulture, $"{contacts.Count} contacts saved"), contacts.Count));
    }

    private async Task<IResult> RemoveManyAsync(HttpContext context, ContactBook book)
    {
        if ((await ContactBodies.ChoiceAsync(context)).Failed(out var fault, out var choice))
        {
            return fault;
        }

        if (choice is { Ids: null, Addresses: null })
        {
            return ApiFault.BadField("contactIds", "is required, or emails");
        }

        var uids = await service.UidsAsync(book, choice, context.RequestAborted);
        return ApiJson.Answer(new BulkRemovedAnswer(true, await service.RemoveAsync(book, uids, context.RequestAborted)));
    }

    private async Task<IResult> TagAsync(HttpContext context, ContactBook book)
    {
        if ((await ContactBodies.ChoiceAsync(context)).Failed(out var fault, out var choice))
        {
            return fault;
        }

        if (choice is { Ids: null, Addresses: null })
        {
            return ApiFault.BadField("contactIds", "is required, or emails");
        }

        return choice.Add.Count + choice.Remove.Count == 0
            ? ApiFault.BadField("add", "is required, or remove")
            : ApiJson.Answer(new BulkRemovedAnswer(true, await service.TagAsync(book, choice, context.RequestAborted)));
    }

    private async Task<IResult> ShowAsync(HttpContext context, ContactBook book) =>
        await FindAsync(context, book) is { } contact
            ? ApiJson.Answer(ContactAnswer.Of(book, contact) with { UnsubscribeUrl = links.UrlOf(book.AccountId, book.Id, contact.Id, contact.Address)?.AbsoluteUri })
            : ContactFaults.NoContact();

    private async Task<IResult> ChangeAsync(HttpContext context, ContactBook book)
    {
        if ((await ContactBodies.ContactAsync(context, needsAddress: false)).Failed(out var fault, out var draft))
        {
            return fault;
        }

        if (ContactBookEndpoints.Uid(context, "contactId") is not { } uid
            || await service.ChangeAsync(book, uid, draft, context.RequestAborted) is not { } result)
        {
            return ContactFaults.NoContact();
        }

        return result.Failed(out fault, out var contact) ? fault : Id(contact);
    }

    private async Task<IResult> PutAsync(HttpContext context, ContactBook book)
    {
        if ((await ContactBodies.ContactAsync(context, needsAddress: true)).Failed(out var fault, out var draft)
            || (await service.PutAsync(book, ContactBookEndpoints.Uid(context, "contactId"), draft, context.RequestAborted)).Failed(out fault, out var contact))
        {
            return fault;
        }

        return Id(contact);
    }

    private async Task<IResult> RemoveAsync(HttpContext context, ContactBook book) =>
        ContactBookEndpoints.Uid(context, "contactId") is { } uid && await service.RemoveAsync(book, [uid], context.RequestAborted) > 0
            ? ApiJson.Answer(new SuccessAnswer(true))
            : ContactFaults.NoContact();

    private async Task<IResult> AskAsync(HttpContext context, ContactBook book)
    {
        if (await FindAsync(context, book) is not { } contact)
        {
            return ContactFaults.NoContact();
        }

        return (await service.AskAsync(book, contact, context.RequestAborted)).Failed(out var fault, out var asked) ? fault : Id(asked);
    }

    private async Task<IResult> ActivityAsync(HttpContext context, ContactBook book)
    {
        if (ActivityQuery.Read(context.Request.Query).Failed(out var fault, out var query))
        {
            return fault;
        }

        return await FindAsync(context, book) is { } contact
            ? ApiJson.Answer(await activity.ReadAsync(contact, query, context.RequestAborted))
            : ContactFaults.NoContact();
    }

    private async ValueTask<Contact?> FindAsync(HttpContext context, ContactBook book) => ContactBookEndpoints.Uid(context, "contactId") is { } uid
        ? await store.FindAsync(book.AccountId, book.Id, uid, context.RequestAborted)
        : null;

    private static IResult Id(Contact contact) => ApiJson.Answer(new ContactIdAnswer(contact.Uid.ToString("D")));
}

/// <summary>Body of a request that makes or changes a contact.</summary>
internal sealed record ContactDocument(
    string? Email, string? FirstName, string? LastName, IReadOnlyDictionary<string, string>? Properties, bool? Subscribed, IReadOnlyList<string>? Tags);

/// <summary>Body of a request about several contacts.</summary>
internal sealed record ChoiceDocument(IReadOnlyList<string>? ContactIds, IReadOnlyList<string>? Emails, IReadOnlyList<string>? Add, IReadOnlyList<string>? Remove);
