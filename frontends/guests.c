/* The list of guests this build serves. */
#include "frontends/guest.h"

#define GUEST(folder, symbol) extern const struct fe_guest symbol;
#include "frontends/guests.def"
#undef GUEST

const struct fe_guest *const fe_guests[] = {
#define GUEST(folder, symbol) &symbol,
#include "frontends/guests.def"
#undef GUEST
    NULL
};
